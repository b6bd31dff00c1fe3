{# The type of integers up to 10^37: units of the last place of money(), products of weights. #}
{% macro wide_integer() -%}
    {{ return(adapter.dispatch('wide_integer', 'apportion')()) }}
{%- endmacro %}

{% macro default__wide_integer() -%}
    hugeint
{%- endmacro %}

{% macro bigquery__wide_integer() -%}
    bignumeric
{%- endmacro %}

{% macro snowflake__wide_integer() -%}
    number(37, 0)
{%- endmacro %}
