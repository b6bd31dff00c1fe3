{#
    What fct_seat_usage calls billed is in the fact once; what it calls rated is on the invoice of another source, and its own
    source has no charge for it.
#}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('fct_seat_usage') ~ " where cost_basis = 'billed' and seat_cost is not null)",
    other='(select * from ' ~ ref('fct_charges') ~ " where charge_category = 'Purchase' and x_token_class = 'seats')",
    keys=[
        ['x_source', 'x_source', 'x_source'], ['principal', 'principal', 'x_principal'],
        ['month_start', 'month_start', apportion.period_start('month', 'charge_date')],
        ['currency', 'currency', 'billing_currency'],
    ],
    amounts=[['seats', 'assigned_seats', '1'], ['cost', 'seat_cost', 'billed_cost']],
) }}
