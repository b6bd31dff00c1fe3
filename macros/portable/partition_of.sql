{#
    The config partition_by of a big table that is written and read by days: only BigQuery has partitions. By the month,
    for one job writes 4,000 partitions at most; cluster_by finds the day in it.
    day   a column of type date
#}
{% macro partition_of(day) -%}
    {{ return(adapter.dispatch('partition_of', 'apportion')(day)) }}
{%- endmacro %}

{% macro default__partition_of(day) -%}
    {{ return(none) }}
{%- endmacro %}

{% macro bigquery__partition_of(day) -%}
    {{ return({'field': day, 'data_type': 'date', 'granularity': 'month'}) }}
{%- endmacro %}
