{#
    The date a number of days after another, before it where the number is negative. dbt.dateadd gives a DATETIME
    on BigQuery and a TIMESTAMP on DuckDB.
#}
{% macro days_after(day, number) -%}
    cast({{ dbt.dateadd('day', number, day) }} as date)
{%- endmacro %}
