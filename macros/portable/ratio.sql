{#
    One amount or quantity per unit of another, to 12 decimals, cut; null where there is no unit. An ordinary
    division would be a double.
#}
{% macro ratio(dividend, divisor) -%}
    {%- set scaled = apportion.weight_of(dividend) ~ ' * cast(1000000000000 as ' ~ apportion.wide_integer() ~ ')' -%}
    case
        when {{ divisor }} <> 0
            then {{ apportion.money_of_units(
                apportion.integer_div(scaled, apportion.weight_of(divisor))
                ~ ' * cast(1000000 as ' ~ apportion.wide_integer() ~ ')'
            ) }}
    end
{%- endmacro %}
