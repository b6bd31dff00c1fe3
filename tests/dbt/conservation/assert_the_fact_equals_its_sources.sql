{# Every line of every provider is in the fact once, and no line that its source has withdrawn. #}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.union_providers(
        'charges', ['x_source', 'charge_date', 'billing_currency'] + apportion.cost_columns()
    ) ~ ')',
    other=ref('fct_charges'),
    keys=apportion.same_names(['x_source', 'charge_date', 'billing_currency']),
    amounts=[['lines', '1', '1']] + apportion.costs_on_both_sides(),
) }}
