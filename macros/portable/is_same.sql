{# Equality in which two absent values are the same. #}
{% macro is_same(one, other) -%}
    {{ one }} is not distinct from {{ other }}
{%- endmacro %}
