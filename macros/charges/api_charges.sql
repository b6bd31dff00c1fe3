{#
    The rest of FOCUS for an AI provider's bill, which has no invoice line, resource or region: one row a day,
    priced per million tokens, billed for what was used. The bill names no unit price: it is what was billed per
    unit. What the provider bills without counting it is priced by the unit of its currency.
    charges   CTE with the columns that differ by provider (see int_openai__charges)
    also      further columns of FOCUS that this bill tells (tags, region_id, list_cost) and the CTE has
#}
{% macro api_charges(charges, sub_account_type, also=[]) %}
    {% set own = [
        'charge_date', 'cost_basis', 'x_source', 'x_charge_id', 'billed_cost', 'billing_account_id',
        'billing_account_name', 'billing_account_type', 'billing_currency', 'charge_category',
        'charge_description', 'consumed_quantity', 'consumed_unit', 'service_provider_name', 'service_name',
        'sku_id', 'sub_account_id', 'sub_account_name', 'x_model', 'x_service_tier',
        'x_context_tier', 'x_region_scope', 'x_token_class', 'x_api_key_id', 'x_api_key_name', 'x_principal',
    ] + also %}
    {% set month = apportion.period_start('month', 'charge_date') %}
    {% set is_counted = 'coalesce(consumed_quantity > 0 and billed_cost >= 0, false)' %}
    {% set derived = {
        'effective_cost': 'billed_cost',
        'contracted_cost': 'billed_cost',
        'list_cost': 'billed_cost',
        'billing_period_start': 'cast(' ~ month ~ ' as ' ~ dbt.type_timestamp() ~ ')',
        'billing_period_end': 'cast(' ~ dbt.dateadd('month', 1, month) ~ ' as ' ~ dbt.type_timestamp() ~ ')',
        'charge_period_start': 'cast(charge_date as ' ~ dbt.type_timestamp() ~ ')',
        'charge_period_end': 'cast(' ~ dbt.dateadd('day', 1, 'charge_date') ~ ' as ' ~ dbt.type_timestamp() ~ ')',
        'charge_frequency': "'Usage-Based'",
        'pricing_category': "'Standard'",
        'pricing_currency': 'billing_currency',
        'pricing_currency_effective_cost': 'billed_cost',
        'pricing_quantity': 'priced_quantity',
        'pricing_unit': 'priced_unit',
        'list_unit_price': 'list_unit_price' if 'list_cost' in also else 'unit_price',
        'contracted_unit_price': 'unit_price',
        'pricing_currency_list_unit_price': 'list_unit_price' if 'list_cost' in also else 'unit_price',
        'pricing_currency_contracted_unit_price': 'unit_price',
        'sku_meter': 'coalesce(sku_meter, sku_id)',
        'sku_price_id': 'sku_id',
        'provider_name': 'service_provider_name',
        'publisher_name': 'service_provider_name',
        'invoice_issuer_name': 'service_provider_name',
        'service_category': "'AI and Machine Learning'",
        'service_subcategory': "'Generative AI'",
        'sub_account_type': "case when sub_account_id is not null then '" ~ sub_account_type ~ "' end",
    } %}
    {% set types = {'number': apportion.money(), 'time': dbt.type_timestamp()} %}
    {% set kinds = {} %}
    {% for column in apportion.focus_columns() %}
        {% do kinds.update({column[1]: column[2]}) %}
    {% endfor %}
    select
        {%- for column in apportion.charge_columns() %}
        {% if column in own -%}
            {{ column }}
        {%- elif column in derived -%}
            {{ derived[column] }} as {{ column }}
        {%- else -%}
            cast(null as {{ types.get(kinds.get(column), dbt.type_string()) }}) as {{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            priced.*,
            case when {{ is_counted }} then {{ apportion.ratio('billed_cost', 'priced_quantity') }}
                else cast(1 as {{ apportion.money() }}) end as unit_price
            {%- if 'list_cost' in also %},
            coalesce({{ apportion.ratio('list_cost', 'priced_quantity') }}, cast(1 as {{ apportion.money() }}))
                as list_unit_price
            {%- endif %}
        from (
            select
                counted.*,
                case
                    when not {{ is_counted }} then billed_cost
                    when consumed_unit = 'Tokens'
                        then {{ apportion.money_of_units(apportion.units_of('consumed_quantity', 12)) }}
                    else consumed_quantity
                end as priced_quantity,
                case
                    when not {{ is_counted }} then billing_currency
                    when consumed_unit = 'Tokens' then '1000000 Tokens'
                    else consumed_unit
                end as priced_unit
            from {{ charges }} as counted
        ) as priced
    ) as charges
{% endmacro %}
