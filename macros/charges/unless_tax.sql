{# A column of a charge, null on taxes where FOCUS wants nothing: they have no price, no quantity and no SKU. #}
{% macro unless_tax(column) -%}
    {%- set absent = [
        'consumed_quantity', 'consumed_unit', 'contracted_unit_price', 'list_unit_price', 'pricing_category',
        'pricing_currency_contracted_unit_price', 'pricing_currency_list_unit_price', 'pricing_quantity', 'pricing_unit',
        'sku_id', 'sku_meter', 'sku_price_id',
    ] -%}
    {%- if column in absent -%}
        case when charge_category <> 'Tax' then {{ column }} end
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}
