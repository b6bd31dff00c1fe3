{#
    The first day of the month, quarter or year of a date, as a date. dbt.date_trunc gives a TIMESTAMP on BigQuery.
    period   month, quarter or year
#}
{% macro period_start(period, day) -%}
    cast({{ dbt.date_trunc(period, day) }} as date)
{%- endmacro %}

{# The first day of a month written as 202611. #}
{% macro month_of_text(text) -%}
    cast(substr({{ text }}, 1, 4) || '-' || substr({{ text }}, 5, 2) || '-01' as date)
{%- endmacro %}
