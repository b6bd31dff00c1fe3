{# Dollars as the API wrote them, digit by digit, from the raw text to the charges: names neither drop nor double a line. #}
{{ config(enabled='openrouter' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(
        source('raw_openrouter', 'activity'),
        [['charge_date', 'date'], ['api_key_hash', 'text'], ['model', 'text'], ['usage_usd', 'text']]
    ) ~ ')',
    other=ref('int_openrouter__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['api_key', 'api_key_hash', 'x_api_key_id'],
        ['model', 'model', 'x_model'],
    ],
    amounts=[['amount', 'cast(usage_usd as ' ~ apportion.money() ~ ')', 'billed_cost']],
) }}
