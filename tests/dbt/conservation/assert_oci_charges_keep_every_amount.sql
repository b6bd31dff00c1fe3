{# Every row of the cost reports is one charge, at the cost that it names, to the last digit. #}
{{ config(enabled='oci' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_oci', 'cost_report'), [
        ['charge_date', 'date'], ['currency_code', 'text'], ['compartment_id', 'text'], ['my_cost', 'text'],
    ]) ~ ')',
    other=ref('int_oci__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['billing_currency', 'currency_code', 'billing_currency'],
        ['compartment', "nullif(compartment_id, '')", 'sub_account_id'],
    ],
    amounts=[
        ['lines', '1', '1'],
        ['cost', 'cast(my_cost as ' ~ apportion.money() ~ ')', 'billed_cost'],
        ['effective', 'cast(my_cost as ' ~ apportion.money() ~ ')', 'effective_cost'],
    ],
) }}
