{#
    The one type of every amount, quantity and price: 38 digits, 18 of them decimals. Providers bill up to
    20 decimals; staging rounds there, once.
    Arithmetic on it goes through ratio(), product_of(), units_of() and weight_of(), which compute in integers: of
    `/`, `avg`, `*` with another decimal and a literal such as 0.01, each is a double or overflows on some warehouse.
#}
{% macro money() -%}
    {{ return(adapter.dispatch('money', 'apportion')()) }}
{%- endmacro %}

{% macro default__money() -%}
    decimal(38, 18)
{%- endmacro %}

{% macro bigquery__money() -%}
    bignumeric(38, 18)
{%- endmacro %}
