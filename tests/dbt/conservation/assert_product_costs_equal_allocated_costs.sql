{# Telling kinds of cost apart neither drops nor doubles any: the parts of a product add up to it. #}
{{ apportion.sums_that_differ(
    one=ref('fct_allocated_costs'),
    other=ref('fct_product_costs'),
    keys=[
        ['month_start', apportion.period_start('month', 'charge_date'), 'month_start'],
        ['product', 'product', 'product'],
    ],
    amounts=apportion.same_names(['billed_cost', 'effective_cost']),
) }}
