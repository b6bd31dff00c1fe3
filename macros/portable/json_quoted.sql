{# A text as JSON writes it, in quotes; null stays null. #}
{% macro json_quoted(text) -%}
    {{ return(adapter.dispatch('json_quoted', 'apportion')(text)) }}
{%- endmacro %}

{#  to_json(null) is null there, but as the JSON of it. #}
{% macro default__json_quoted(text) -%}
    case when {{ text }} is not null then cast(to_json({{ text }}) as varchar) end
{%- endmacro %}

{% macro bigquery__json_quoted(text) -%}
    case when {{ text }} is not null then to_json_string({{ text }}) end
{%- endmacro %}

{% macro snowflake__json_quoted(text) -%}
    case when {{ text }} is not null then to_json(to_variant({{ text }})) end
{%- endmacro %}
