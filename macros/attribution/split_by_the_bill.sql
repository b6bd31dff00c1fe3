{#
    Nodes that a bill divides itself, so that nothing else may: AWS's split cost allocation data has a line for each pod
    beside the instance. A cluster with one such node is left to the bill as a whole, on that day.

    A source whose staging has such lines joins in here with a select of charge_date and resource_id (the instance, as
    the bill spells it), joined to the others by `union all`, where it is in vars.providers.
#}
{% macro split_by_the_bill() %}
    {{ apportion.no_rows([['charge_date', 'date'], ['resource_id', 'text']]) }}
{% endmacro %}
