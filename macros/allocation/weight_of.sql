{# A quantity as the integer weight that the split takes: its 10^12-fold, cut. #}
{% macro weight_of(quantity) -%}
    cast(trunc({{ quantity }} * {{ apportion.weight_scale() }}) as {{ apportion.wide_integer() }})
{%- endmacro %}

{# 10^12 as a decimal that may multiply money() up to 10^20 without losing a digit. #}
{% macro weight_scale() -%}
    {{ return(adapter.dispatch('weight_scale', 'apportion')()) }}
{%- endmacro %}

{% macro default__weight_scale() -%}
    cast(1000000000000 as decimal(13, 0))
{%- endmacro %}

{% macro bigquery__weight_scale() -%}
    cast(1000000000000 as bignumeric)
{%- endmacro %}
