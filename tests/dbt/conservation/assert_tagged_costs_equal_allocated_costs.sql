{# Tags are joined to every cost and add none: with the number of rows, since a cost of zero could be doubled unseen. #}
{{ apportion.sums_that_differ(
    one=ref('fct_allocated_costs'),
    other=ref('fct_allocated_costs_tagged'),
    keys=apportion.same_names([
        'charge_date', 'provider_name', 'charge_category', 'tag_key', 'pool', 'feature', 'product', 'team',
        'cost_center', 'environment', 'customer', 'billing_currency',
    ]),
    amounts=apportion.same_names(apportion.amount_columns()) + [['lines', '1', '1']],
) }}
