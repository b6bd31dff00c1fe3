{#
    A JSON object as text.
    members   list of [key, SQL expression of a text or null]
#}
{% macro json_object(members) -%}
    {{ return(adapter.dispatch('json_object', 'apportion')(members)) }}
{%- endmacro %}

{% macro default__json_object(members) -%}
    cast(json_object(
        {%- for key, value in members %}
        {{ apportion.text_literal(key) }}, {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) as varchar)
{%- endmacro %}

{% macro bigquery__json_object(members) -%}
    to_json_string(json_object(
        {%- for key, value in members %}
        {{ apportion.text_literal(key) }}, {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}

{% macro snowflake__json_object(members) -%}
    to_json(object_construct_keep_null(
        {%- for key, value in members %}
        {{ apportion.text_literal(key) }}, {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
