{# Every row of the log that is a call counts once, with its tokens and its estimate; no other row counts. #}
{{ config(enabled='cloudflare_ai_gateway' in var('providers')) }}
{% set of_class = "case when x_token_class = '{}' then quantity end" %}
{{ apportion.sums_that_differ(
    one='(select * from (' ~ apportion.raw_columns(source('raw_cloudflare_ai_gateway', 'logs'), [
        ['charge_date', 'date'], ['gateway', 'text'], ['model', 'text'], ['provider', 'text'], ['success', 'boolean'],
        ['cached', 'boolean'], ['tokens_in', 'bigint'], ['tokens_out', 'bigint'], ['cost_usd', 'text'],
    ]) ~ ") as log where success and not cached and provider <> 'workers-ai')",
    other='(select * from ' ~ ref('int_cloudflare_ai_gateway__usage') ~ " where service_provider_name <> 'Cloudflare')",
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['gateway', 'gateway', 'x_api_key_id'],
        ['model', 'model', 'x_model'],
    ],
    amounts=[
        ['calls', '1', of_class.format('requests')],
        ['tokens_in', 'tokens_in', of_class.format('input')],
        ['tokens_out', 'tokens_out', of_class.format('output')],
        ['estimates', 'cast(cost_usd as ' ~ apportion.money() ~ ')', 'estimated_cost'],
    ],
) }}
