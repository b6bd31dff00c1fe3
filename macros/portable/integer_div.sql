{# The quotient of two wide integers, cut toward zero; an ordinary division would be a double or rounded. #}
{% macro integer_div(dividend, divisor) -%}
    {{ return(adapter.dispatch('integer_div', 'apportion')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__integer_div(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{% macro bigquery__integer_div(dividend, divisor) -%}
    div({{ dividend }}, {{ divisor }})
{%- endmacro %}

{% macro snowflake__integer_div(dividend, divisor) -%}
    cast((({{ dividend }}) - mod({{ dividend }}, {{ divisor }})) / ({{ divisor }}) as number(37, 0))
{%- endmacro %}
