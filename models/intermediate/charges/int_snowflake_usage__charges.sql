{#
    The view is the bill: what a day's usage cost in currency. Capacity, rollover and overage only say which balance paid;
    whether a contract was paid ahead is for seeds/finance/billing_accounts.csv to say, so the amount stays billed here. A gift
    (free usage) costs nothing and keeps its price as contracted and list cost.
#}
{% set rating = "lower(coalesce(rating_type, ''))" %}
{% set billing = "replace(lower(coalesce(billing_type, '')), '_', ' ')" %}
{% set service = "replace(lower(coalesce(service_type, usage_type, '')), '_', ' ')" %}
{% set one = 'cast(1 as ' ~ apportion.money() ~ ')' %}

with

lines as (

    select
        stg.*,
        case
            when {{ billing }} in ('support credit', 'rebate') then 'Credit'
            when is_adjustment then 'Adjustment'
            when {{ billing }} in ('priority support', 'vps deployment fee') then 'Purchase'
            else 'Usage'
        end as charge_category,
        lower(coalesce(balance_source, '')) = 'free usage' as is_free,
        {{ service }} like 'ai %' or {{ service }} like '%cortex%' or lower(coalesce(usage_type, '')) like '%ai services%' as is_ai,
        {{ billing }} = 'priority support' as is_support,
        case
            when {{ rating }} = 'compute' then 'Credits'
            when {{ rating }} in ('storage', 'data transfer') then 'TB'
            else 'Units'
        end as unit,
        coalesce(service_type, usage_type) as meter
    from {{ ref('stg_snowflake_usage__usage_in_currency') }} as stg

),

charges as (

    select
        lines.*,
        cast(case when is_free then 0 else usage_in_currency end as {{ apportion.money() }}) as amount,
        charge_category = 'Usage' and usage > 0 and usage_in_currency >= 0 as is_metered,
        {{ dbt.concat(["coalesce(rating_type, 'other')", "'/'", "coalesce(meter, 'other')"]) }} as sku
    from lines

)

{% set price = 'coalesce(case when is_metered then ' ~ apportion.ratio('usage_in_currency', 'usage') ~ ' end, ' ~ one ~ ')' %}
{% set month = apportion.period_start('month', 'charge_date') %}
{% set time = dbt.type_timestamp() %}
{{ apportion.charges_from(relation='charges', values={
    'charge_date': 'charge_date',
    'cost_basis': "'billed'",
    'x_source': "'snowflake_usage'",
    'x_charge_id': dbt.concat(["'snowflake_usage:'", 'line_id']),
    'billed_cost': 'amount',
    'effective_cost': 'amount',
    'contracted_cost': 'usage_in_currency',
    'list_cost': 'usage_in_currency',
    'billing_account_id': 'organization_name',
    'billing_account_name': 'organization_name',
    'billing_account_type': "'Organization'",
    'billing_currency': 'upper(currency)',
    'billing_period_start': 'cast(' ~ month ~ ' as ' ~ time ~ ')',
    'billing_period_end': 'cast(' ~ dbt.dateadd('month', 1, month) ~ ' as ' ~ time ~ ')',
    'charge_category': 'charge_category',
    'charge_description': dbt.concat(['usage_type', "coalesce(" ~ dbt.concat(["', paid by '", 'balance_source']) ~ ", '')"]),
    'charge_frequency': "case charge_category when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end",
    'charge_period_start': 'cast(charge_date as ' ~ time ~ ')',
    'charge_period_end': 'cast(' ~ dbt.dateadd('day', 1, 'charge_date') ~ ' as ' ~ time ~ ')',
    'consumed_quantity': "case when charge_category = 'Usage' then usage end",
    'consumed_unit': "case when charge_category = 'Usage' and usage is not null then unit end",
    'contracted_unit_price': price,
    'list_unit_price': price,
    'pricing_category': "case when charge_category in ('Usage', 'Purchase') then 'Standard' end",
    'pricing_currency': 'upper(currency)',
    'pricing_currency_contracted_unit_price': price,
    'pricing_currency_effective_cost': 'amount',
    'pricing_currency_list_unit_price': price,
    'pricing_quantity': 'case when is_metered then usage else usage_in_currency end',
    'pricing_unit': 'case when is_metered then unit else upper(currency) end',
    'provider_name': "'Snowflake'",
    'service_provider_name': "'Snowflake'",
    'publisher_name': "'Snowflake'",
    'invoice_issuer_name': "'Snowflake'",
    'region_id': 'region',
    'region_name': 'region',
    'service_category': "case when is_ai then 'AI and Machine Learning' when is_support then 'Management and Governance' else 'Databases' end",
    'service_subcategory': "case when is_ai then 'Generative AI' when is_support then 'Support' else 'Data Warehouses' end",
    'service_name': "case when is_ai then 'Snowflake Cortex' when is_support then 'Snowflake Support' else 'Snowflake' end",
    'sku_id': 'sku',
    'sku_meter': 'meter',
    'sku_price_id': dbt.concat(['sku', "'/'", "coalesce(service_level, 'any')"]),
    'sub_account_id': 'account_locator',
    'sub_account_name': 'account_name',
    'sub_account_type': "case when account_locator is not null then 'Account' end",
}) }}
