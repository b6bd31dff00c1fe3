{# From one end to the other: the bill of a provider and period is what its owners are charged. #}
{{ apportion.sums_that_differ(
    one=ref('fct_charges'),
    other=ref('fct_allocated_costs'),
    keys=[
        ['provider_name', 'service_provider_name', 'provider_name'],
        ['billing_period', 'cast(billing_period_start as date)', 'billing_period_start'],
        ['billing_currency', 'billing_currency', 'billing_currency'],
    ],
    amounts=apportion.costs_on_both_sides(right_suffix='_native'),
) }}
