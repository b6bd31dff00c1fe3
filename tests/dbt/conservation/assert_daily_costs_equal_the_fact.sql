{# Spreading charges over days and summing them to tuples keeps every amount, by the day the line starts. #}
{{ apportion.sums_that_differ(
    one=ref('fct_charges'),
    other=ref('int_costs__daily'),
    keys=[
        ['x_source', 'x_source', 'x_source'],
        ['provider', 'service_provider_name', 'service_provider_name'],
        ['line_date', 'charge_date', 'line_date'],
        ['billing_currency', 'billing_currency', 'billing_currency'],
        ['charge_category', 'charge_category', 'charge_category'],
    ],
    amounts=apportion.costs_on_both_sides(),
) }}
