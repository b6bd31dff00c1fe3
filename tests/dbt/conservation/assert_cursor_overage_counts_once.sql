{# What a person cost beyond the seat is what Cursor bills for her, where Cursor's bill is this source's. #}
{{ config(enabled='cursor' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('fct_seat_usage') ~ " where x_source = 'cursor' and cost_basis = 'billed')",
    other='(select * from ' ~ ref('fct_charges') ~ " where x_source = 'cursor' and charge_category = 'Usage')",
    keys=[
        ['principal', 'principal', 'x_principal'],
        ['month_start', 'month_start', apportion.period_start('month', 'charge_date')],
    ],
    amounts=[['overage', 'overage_cost', 'billed_cost']],
) }}
