{#
    A quantity as the integer weight that the split takes: its 10^12-fold, cut. Whole units and fraction apart,
    or a quantity above 10^8 would overflow on the way.
#}
{% macro weight_of(quantity) -%}
    ({{ apportion.whole_units(quantity) }} * cast(1000000000000 as {{ apportion.wide_integer() }})
        + {{ apportion.integer_div(
            apportion.fraction_units(quantity), 'cast(1000000 as ' ~ apportion.wide_integer() ~ ')'
        ) }})
{%- endmacro %}
