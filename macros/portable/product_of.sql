{#
    Two values of money() multiplied, cut to 18 decimals: an amount and an exchange rate. `*` is no help: DuckDB adds
    the scales and overflows where the product passes 100, Snowflake loses digits, BigQuery rounds.
#}
{% macro product_of(one, other) -%}
    {%- set one_whole, one_rest = apportion.whole_units(one), apportion.fraction_units(one) -%}
    {%- set other_whole, other_rest = apportion.whole_units(other), apportion.fraction_units(other) -%}
    {{ apportion.money_of_units(
        '(' ~ one_whole ~ ' * ' ~ other_whole ~ ' * ' ~ apportion.one_in_units()
        ~ ' + ' ~ one_whole ~ ' * ' ~ other_rest
        ~ ' + ' ~ one_rest ~ ' * ' ~ other_whole
        ~ ' + ' ~ apportion.integer_div(one_rest ~ ' * ' ~ other_rest, apportion.one_in_units()) ~ ')'
    ) }}
{%- endmacro %}
