{# Each amount of both exports becomes a decimal in its own currency, and nothing else. #}
{{ config(enabled='azure' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_azure', 'cost_details'), [
        ['charge_date', 'date'], ['billing_currency', 'text'], ['export_kind', 'text'],
        ['cost_in_billing_currency', 'text'], ['cost_in_usd', 'text'],
    ]) ~ ')',
    other=ref('stg_azure__cost_details'),
    keys=apportion.same_names(['charge_date', 'billing_currency', 'export_kind']),
    amounts=[
        ['lines', '1', '1'],
        ['cost', 'cast(cost_in_billing_currency as ' ~ apportion.money() ~ ')', 'cost_in_billing_currency'],
        ['usd', 'cast(cost_in_usd as ' ~ apportion.money() ~ ')', 'cost_in_usd'],
    ],
) }}
