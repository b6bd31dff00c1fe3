{#
    The first day of the month, quarter or year of a date, as a date. dbt.date_trunc gives a TIMESTAMP on BigQuery.
    period   month, quarter or year
#}
{% macro period_start(period, day) -%}
    cast({{ dbt.date_trunc(period, day) }} as date)
{%- endmacro %}
