{# Meeting their owners neither drops nor doubles a cost, in either currency. #}
{% set amounts = apportion.costs_on_both_sides(left_suffix='_reported') %}
{% for cost in apportion.cost_columns() %}
    {% do amounts.append([cost ~ '_native', cost, cost ~ '_native']) %}
{% endfor %}
{{ apportion.sums_that_differ(
    one=ref('int_costs__converted'),
    other=ref('int_costs__owned'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['tag_key', 'tag_key', 'tag_key'],
        ['billing_currency', 'billing_currency', 'billing_currency'],
    ],
    amounts=amounts,
) }}
