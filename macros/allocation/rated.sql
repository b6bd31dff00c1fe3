{#
    Quantity x price per million, exact: quantity to 4 decimals, price to 8, as integers, so that no warehouse
    rounds on the way. Null where there is no price.
#}
{% macro rated(quantity, price_per_million) -%}
    {%- set whole_quantity = 'cast(trunc(' ~ quantity ~ ' * 10000) as ' ~ apportion.wide_integer() ~ ')' -%}
    {%- set whole_price = 'cast(trunc(' ~ price_per_million ~ ' * 100000000) as ' ~ apportion.wide_integer() ~ ')' -%}
    {{ apportion.money_of_units(whole_quantity ~ ' * ' ~ whole_price) }}
{%- endmacro %}
