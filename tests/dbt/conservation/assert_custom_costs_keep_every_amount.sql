{# The text of the files, cast by itself, is what is charged: per file, billed and effective. #}
{{ config(enabled='custom_costs' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_custom_costs', 'custom_costs'), [
        ['charge_date', 'date'], ['currency', 'text'], ['billed_cost', 'text'], ['effective_cost', 'text'],
    ]) ~ ')',
    other=ref('int_custom_costs__charges'),
    keys=[['charge_date', 'charge_date', 'charge_date'], ['billing_currency', 'currency', 'billing_currency']],
    amounts=[
        ['charge_lines', '1', '1'],
        ['billed_cost', 'cast(billed_cost as ' ~ apportion.money() ~ ')', 'billed_cost'],
        ['effective_cost', 'cast(coalesce(effective_cost, billed_cost) as ' ~ apportion.money() ~ ')', 'effective_cost'],
    ],
) }}
