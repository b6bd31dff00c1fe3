{#
    A value as a quoted literal. The one place where text from a seed becomes SQL, so that a seed can never
    inject any; the warehouses differ in what a backslash means.
#}
{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal', 'apportion')(value | string)) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    {{ return("'" ~ value.replace("'", "''") ~ "'") }}
{%- endmacro %}

{% macro bigquery__text_literal(value) -%}
    {% set escaped = value.replace('\\', '\\\\').replace("'", "\\'") %}
    {{ return("'" ~ escaped.replace('\n', '\\n').replace('\r', '\\r') ~ "'") }}
{%- endmacro %}

{% macro snowflake__text_literal(value) -%}
    {% set escaped = value.replace('\\', '\\\\').replace("'", "''") %}
    {{ return("'" ~ escaped.replace('\n', '\\n').replace('\r', '\\r') ~ "'") }}
{%- endmacro %}
