{#
    A select of all columns that a charge has, in order and typed: what the provider tells, and nulls for the rest. Taxes
    lose what FOCUS wants null on them.
    values     column -> SQL over the relation; or a list, where the relation has columns of these names
    relation   CTE
#}
{% macro charges_from(values, relation) %}
    {% set types = {'number': apportion.money(), 'time': dbt.type_timestamp()} %}
    {% set kinds = {'charge_date': 'date'} %}
    {% for column in apportion.focus_columns() %}
        {% do kinds.update({column[1]: types.get(column[2], dbt.type_string())}) %}
    {% endfor %}
    {% for column in values if column not in apportion.charge_columns() %}
        {% do exceptions.raise_compiler_error('charges_from: "' ~ column ~ '" is no column of a charge') %}
    {% endfor %}
    select
        {%- for column in apportion.charge_columns() %}
        {{ apportion.unless_tax(column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for column in apportion.charge_columns() %}
            {% set value = 'null' if column not in values else values[column] if values is mapping else column -%}
            cast({{ value }} as {{ kinds.get(column, dbt.type_string()) }}) as {{ column }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
    ) as charges
{% endmacro %}
