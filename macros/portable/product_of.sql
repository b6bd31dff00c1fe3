{#
    Two values of money() multiplied, cut to 18 decimals: an amount and an exchange rate. `*` is no help: DuckDB adds
    the scales and overflows where the product passes 100, Snowflake loses digits, BigQuery rounds.
#}
{% macro product_of(one, other) -%}
    {{ return(adapter.dispatch('product_of', 'apportion')(one, other)) }}
{%- endmacro %}

{% macro default__product_of(one, other) -%}
    {%- set one_whole, one_rest = apportion.whole_units(one), apportion.fraction_units(one) -%}
    {%- set other_whole, other_rest = apportion.whole_units(other), apportion.fraction_units(other) -%}
    {{ apportion.money_of_units(
        '(' ~ one_whole ~ ' * ' ~ other_whole ~ ' * ' ~ apportion.one_in_units()
        ~ ' + ' ~ one_whole ~ ' * ' ~ other_rest
        ~ ' + ' ~ one_rest ~ ' * ' ~ other_whole
        ~ ' + ' ~ apportion.integer_div(one_rest ~ ' * ' ~ other_rest, apportion.one_in_units()) ~ ')'
    ) }}
{%- endmacro %}

{#
    Below 100 DuckDB's own product has all 36 decimals, and costs a fourth: it divides wide integers once. Whether a
    product stays below is told by powers of ten, since nothing else may be multiplied to find out.
#}
{% macro duckdb__product_of(one, other) -%}
    case
        when
            {%- for digits in range(-3, 7) %}
            (abs({{ one }}) < {{ apportion.power_as_money(digits) }}
                and abs({{ other }}) < {{ apportion.power_as_money(2 - digits) }})
            {{- ' or' if not loop.last }}
            {%- endfor %}
            then cast(trunc({{ one }} * {{ other }}, 18) as {{ apportion.money() }})
        else {{ apportion.default__product_of(one, other) }}
    end
{%- endmacro %}

{# 10^digits as money(); digits may be negative. #}
{% macro power_as_money(digits) -%}
    cast('{{ '1' ~ '0' * digits if digits >= 0 else '0.' ~ '0' * (-digits - 1) ~ '1' }}' as {{ apportion.money() }})
{%- endmacro %}
