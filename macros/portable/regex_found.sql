{#
    Whether an RE2 expression is found anywhere in a text; case does not matter and a dot matches line ends.
    pattern   the expression itself, not SQL
#}
{% macro regex_found(text, pattern) -%}
    {{ return(adapter.dispatch('regex_found', 'apportion')(text, pattern)) }}
{%- endmacro %}

{% macro default__regex_found(text, pattern) -%}
    {{ return('regexp_matches(' ~ text ~ ', ' ~ apportion.text_literal(pattern) ~ ", 'is')") }}
{%- endmacro %}

{% macro bigquery__regex_found(text, pattern) -%}
    {{ return('regexp_contains(' ~ text ~ ', ' ~ apportion.text_literal('(?is)' ~ pattern) ~ ')') }}
{%- endmacro %}

{#  regexp_like would have to match the whole text. #}
{% macro snowflake__regex_found(text, pattern) -%}
    {{ return('(regexp_instr(' ~ text ~ ', ' ~ apportion.text_literal(pattern) ~ ", 1, 1, 0, 'is') > 0)") }}
{%- endmacro %}
