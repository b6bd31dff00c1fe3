{#
    The columns that every int_<provider>__charges has, in order: those that a bill tells, each cast to its type, the others
    null.
    charges   CTE or relation
    told      its columns
#}
{% macro filled_charges(charges, told) %}
    {% set types = {'number': apportion.money(), 'time': dbt.type_timestamp()} %}
    {% set kinds = {} %}
    {% for column in apportion.focus_columns() %}
        {% do kinds.update({column[1]: types.get(column[2], dbt.type_string())}) %}
    {% endfor %}
    select
        {%- for column in apportion.charge_columns() %}
        {% set type = 'date' if column == 'charge_date' else kinds.get(column, dbt.type_string()) %}
        cast({{ column if column in told else 'null' }} as {{ type }}) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ charges }}
{% endmacro %}
