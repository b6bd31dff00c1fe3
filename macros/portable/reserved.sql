{# A column whose name is a reserved word on some warehouse. #}
{% macro reserved(column) -%}
    {{ return(adapter.dispatch('reserved', 'apportion')(column)) }}
{%- endmacro %}

{% macro default__reserved(column) -%}
    {{ return(column) }}
{%- endmacro %}

{% macro bigquery__reserved(column) -%}
    {{ return('`' ~ column ~ '`') }}
{%- endmacro %}
