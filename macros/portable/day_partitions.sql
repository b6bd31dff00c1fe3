{#
    partition_by of a model whose days are deleted, written and asked for. Only BigQuery has partitions; clustering by the
    day is in the models' YAML. One statement may write 4,000 of them, eleven years: a longer history is built in parts.
#}
{% macro day_partitions(column) -%}
    {{ return(adapter.dispatch('day_partitions', 'apportion')(column)) }}
{%- endmacro %}

{% macro default__day_partitions(column) -%}
    {{ return(none) }}
{%- endmacro %}

{% macro bigquery__day_partitions(column) -%}
    {{ return({'field': column, 'data_type': 'date', 'granularity': 'day'}) }}
{%- endmacro %}
