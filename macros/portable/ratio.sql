{#
    One amount or quantity per unit of another, to 12 decimals, cut; null where there is no unit, or less of it than
    12 decimals tell. An ordinary division would be a double.
#}
{% macro ratio(dividend, divisor) -%}
    {%- set scaled = apportion.weight_of(dividend) ~ ' * ' ~ apportion.power_of_ten(12) -%}
    {#  A count of days is an integer, whose trunc() is a double on BigQuery. #}
    {%- set unit = 'cast(' ~ divisor ~ ' as ' ~ apportion.money() ~ ')' -%}
    case
        when {{ apportion.weight_of(unit) }} <> 0
            then {{ apportion.money_of_units(
                apportion.integer_div(scaled, apportion.weight_of(unit))
                ~ ' * ' ~ apportion.power_of_ten(6)
            ) }}
    end
{%- endmacro %}
