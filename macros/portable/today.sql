{# The present day in UTC: a date, since BigQuery compares none with a timestamp. #}
{% macro today() -%}
    cast({{ apportion.utc_timestamp(dbt.current_timestamp()) }} as date)
{%- endmacro %}
