{# The incremental strategy that only adds rows; what they replace is deleted before (incremental_by_day). #}
{% macro append_strategy() -%}
    {{ return(adapter.dispatch('append_strategy', 'apportion')()) }}
{%- endmacro %}

{% macro default__append_strategy() -%}
    {{ return('append') }}
{%- endmacro %}

{#  BigQuery knows no append; a merge without a key matches no row and inserts them all. #}
{% macro bigquery__append_strategy() -%}
    {{ return('merge') }}
{%- endmacro %}
