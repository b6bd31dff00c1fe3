{# The text of the API, cast by itself: what was committed and on demand is charged once, the total not again. #}
{{ config(enabled='datadog' in var('providers')) }}
{{ apportion.sums_that_differ(
    one="(select * from (" ~ apportion.raw_columns(source('raw_datadog', 'costs'), [
        ['charge_date', 'date'], ['public_id', 'text'], ['product_name', 'text'], ['charge_type', 'text'], ['cost_usd', 'text'],
    ]) ~ ") as raw_rows where charge_type in ('committed', 'on_demand'))",
    other=ref('int_datadog__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['organization', 'public_id', 'sub_account_id'],
        ['product', 'product_name', 'sku_id'],
    ],
    amounts=[['amount', 'cast(cost_usd as ' ~ apportion.money() ~ ')', 'billed_cost']],
) }}
