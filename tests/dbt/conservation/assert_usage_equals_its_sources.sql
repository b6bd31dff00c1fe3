{# Every quantity that providers report is in int_usage__daily once. #}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.union_providers('usage', ['x_source', 'charge_date', 'x_token_class', 'quantity']) ~ ')',
    other=ref('int_usage__daily'),
    keys=apportion.same_names(['x_source', 'charge_date', 'x_token_class']),
    amounts=[['quantity', 'quantity', 'quantity']],
) }}
