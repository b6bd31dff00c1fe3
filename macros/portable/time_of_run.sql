{#
    When this run of dbt began, in UTC: the same moment for every model of the run. vars.time_of_run sets it, so that two
    warehouses can be compared.
#}
{% macro time_of_run() -%}
    cast('{{ var("time_of_run", run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f")) }}' as {{ dbt.type_timestamp() }})
{%- endmacro %}
