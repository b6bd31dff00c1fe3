{#
    A text without what an expression matches. Only what RE2 and POSIX have in common: no lazy repetition, no
    backslash.
    pattern   the expression itself, not SQL
#}
{% macro without_match(text, pattern) -%}
    regexp_replace({{ text }}, {{ apportion.text_literal(pattern) }}, '')
{%- endmacro %}
