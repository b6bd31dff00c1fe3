{#
    An amount x 10^digits as a wide integer, cut. Whole units and fraction apart, or a large amount would overflow
    on the way.
    digits   0 to 18, the decimals of money()
#}
{% macro units_of(amount, digits) -%}
    ({{ apportion.whole_units(amount) }} * {{ apportion.power_of_ten(digits) }}
        + {{ apportion.integer_div(apportion.fraction_units(amount), apportion.power_of_ten(18 - digits)) }})
{%- endmacro %}

{# 10^digits as a wide integer. #}
{% macro power_of_ten(digits) -%}
    cast({{ 10 ** digits }} as {{ apportion.wide_integer() }})
{%- endmacro %}
