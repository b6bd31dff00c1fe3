{# The smaller of two values that are not null. #}
{% macro least_of(one, other) -%}
    case when {{ one }} <= {{ other }} then {{ one }} else {{ other }} end
{%- endmacro %}
