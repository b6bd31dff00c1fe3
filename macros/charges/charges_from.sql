{#
    A select of all columns that a charge has, in order: what the provider tells, and typed nulls for the rest. Taxes
    lose what FOCUS wants null on them.
    values     column -> SQL over the relation
    relation   CTE
#}
{% macro charges_from(values, relation) %}
    {% set types = {'number': apportion.money(), 'time': dbt.type_timestamp()} %}
    {% set kinds = {} %}
    {% for column in apportion.focus_columns() %}
        {% do kinds.update({column[1]: column[2]}) %}
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
            {{ values[column] if column in values
                else 'cast(null as ' ~ types.get(kinds.get(column), dbt.type_string()) ~ ')' }} as {{ column }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
    ) as charges
{% endmacro %}
