{#
    The one type of every amount, quantity and price: 38 digits, 18 of them decimals. Providers bill up to
    20 decimals; staging rounds there, once.
    On DuckDB `decimal / x` and `avg` give a DOUBLE: multiply by a decimal literal and cast back.
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
