{# A quantity as the integer weight that the split takes: its 10^12-fold, cut. #}
{% macro weight_of(quantity) -%}
    {{ apportion.units_of(quantity, 12) }}
{%- endmacro %}
