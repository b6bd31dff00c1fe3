{#
    Workloads, idle and unobserved hours of a node are its bill lines, day by day and machine by machine, in all four costs.
    Lines of machines that no cluster told of are on neither side.
#}
{{ config(enabled=apportion.node_sources() != []) }}
{% set amounts = [] %}
{% for cost in apportion.cost_columns() %}
    {% do amounts.append([cost, cost, cost]) %}
{% endfor %}
{{ apportion.sums_that_differ(
    one="(select charges.* from " ~ ref('fct_charges') ~ " as charges inner join (select distinct x_charge_id from "
        ~ ref('int_attribution__node_parts') ~ ") as split_lines on charges.x_charge_id = split_lines.x_charge_id)",
    other=ref('int_attribution__node_parts'),
    keys=[['charge_date', 'charge_date', 'charge_date'], ['x_charge_id', 'x_charge_id', 'x_charge_id']],
    amounts=amounts,
) }}
