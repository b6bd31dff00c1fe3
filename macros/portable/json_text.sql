{# A column that dlt made for JSON, as the JSON's text. #}
{% macro json_text(column) -%}
    {{ return(adapter.dispatch('json_text', 'apportion')(column)) }}
{%- endmacro %}

{% macro default__json_text(column) -%}
    cast({{ column }} as {{ dbt.type_string() }})
{%- endmacro %}

{#  JSON casts to no text, and an absent value would become the text null. #}
{% macro bigquery__json_text(column) -%}
    case when {{ column }} is not null then to_json_string({{ column }}) end
{%- endmacro %}
