{# A hundred times what staging has is what the analytics report says, to the last digit. #}
{{ config(enabled='anthropic' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_anthropic', 'analytics_costs'), [
        ['charge_date', 'date'], ['amount_cents', 'text'], ['list_amount_cents', 'text'],
    ]) ~ ')',
    other=ref('stg_anthropic__analytics_costs'),
    keys=apportion.same_names(['charge_date']),
    amounts=[
        ['lines', '1', '1'],
        ['cents', 'cast(amount_cents as ' ~ apportion.money() ~ ')', 'amount * 100'],
        ['list_cents', 'cast(list_amount_cents as ' ~ apportion.money() ~ ')', 'list_amount * 100'],
    ],
) }}
