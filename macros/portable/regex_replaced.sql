{#
    A text with every match of an RE2 expression replaced; case does not matter.
    pattern       the expression itself, not SQL
    replacement   plain text without backslashes
#}
{% macro regex_replaced(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('regex_replaced', 'apportion')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regex_replaced(text, pattern, replacement) -%}
    {{ return('regexp_replace(' ~ text ~ ', ' ~ apportion.text_literal(pattern) ~ ', '
        ~ apportion.text_literal(replacement) ~ ", 'gi')") }}
{%- endmacro %}

{% macro bigquery__regex_replaced(text, pattern, replacement) -%}
    {{ return('regexp_replace(' ~ text ~ ', ' ~ apportion.text_literal('(?i)' ~ pattern) ~ ', '
        ~ apportion.text_literal(replacement) ~ ')') }}
{%- endmacro %}

{% macro snowflake__regex_replaced(text, pattern, replacement) -%}
    {{ return('regexp_replace(' ~ text ~ ', ' ~ apportion.text_literal(pattern) ~ ', '
        ~ apportion.text_literal(replacement) ~ ", 1, 0, 'i')") }}
{%- endmacro %}
