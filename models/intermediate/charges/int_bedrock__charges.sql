{#
    The model, class, tier and scope of a line are read from the grammar of its usage type, never from who bills it:
    AWS bills the same model itself in one account and through its Marketplace in another. What the grammar does not
    know stays null, with the usage type as SKU, and keeps its money.
    Tags of resources and tags of IAM principals are two kinds, with keys of their own: the former lose the prefix that
    AWS puts before the key that people wrote, the latter keep theirs (iamPrincipal/).
#}
{% set edition = ' (Amazon Bedrock Edition)' %}
{# In LIKE, _ stands for the dash of one spelling and the underscore of the other. #}
{% set tiers = [
    ['%provisionedthroughput%', 'provisioned'], ['%customization%', 'customization'],
    ['%custommodelimport%', 'custom_model_import'], ['%reserved%', 'reserved'], ['%batch%', 'batch'],
    ['%_flex%', 'flex'], ['%_priority%', 'priority'], ['%latency_optimized%', 'latency_optimized'],
    ['%latencyoptimized%', 'latency_optimized'],
] %}
{% set million = apportion.power_of_ten(6) %}

with

lines as (

    select
        stg.*,
        lower(usage_type) as usage_words,
        lower({{ dbt.concat(["coalesce(pricing_unit, '')", "' '", "coalesce(description, '')"]) }}) as unit_words,
        case
            when line_item_type = 'Tax' then 'Tax'
            when line_item_type = 'Credit' or line_item_type like '%Discount' then 'Credit'
            when line_item_type in ('Fee', 'RIFee') then 'Purchase'
            else 'Usage'
        end as charge_category
    from {{ ref('stg_bedrock__cur') }} as stg

),

classed as (

    select
        lines.*,
        case
            when charge_category <> 'Usage' then null
            {#  Images, hours and guardrail units have "input" in their names too. #}
            when lower(pricing_unit) not like '%token%'
                and not (
                    lower(pricing_unit) = 'units' and (unit_words like '%token%' or usage_words like '%token%')
                )
                then null
            when usage_words like '%cacheread%' or usage_words like '%cache_read%' then 'cache_read'
            when (usage_words like '%cachewrite%' or usage_words like '%cache_write%')
                and usage_words like '%1h%' then 'cache_write_1h'
            {#  Bedrock keeps for five minutes what it is not asked to keep for an hour. #}
            when usage_words like '%cachewrite%' or usage_words like '%cache_write%' then 'cache_write_5m'
            when usage_words like '%input%' then 'input_uncached'
            when usage_words like '%output%' then 'output'
        end as token_class
    from lines

),

parsed as (

    select
        classed.*,
        case
            when product_name like '%{{ edition }}' then replace(product_name, '{{ edition }}', '')
            when billing_entity = 'AWS Marketplace' then product_name
            when token_class is not null or usage_words like '%_provisionedthroughput%'
                then {{ apportion.without_match(
                    apportion.without_match('usage_type', '^[A-Z]{2,4}[0-9]*-'),
                    '-(mantle-|batch-|flex-|priority-|latency-optimized-)*([Ii]nput|[Oo]utput|[Cc]ache|[Pp]rovisioned).*$'
                ) }}
        end as model,
        case
            {%- for pattern, tier in tiers %}
            when usage_words like '{{ pattern }}' then '{{ tier }}'
            {%- endfor %}
            else 'standard'
        end as pricing_model,
        case
            when token_class is null then null
            when usage_words like '%global%' or unit_words like '%global cris%' then 'global'
            else 'regional'
        end as region_scope,
        case
            when charge_category <> 'Usage' or line_item_type = 'Refund' then null
            when token_class is null then usage_amount
            {#  One bill counts in thousands, in millions, and in "Units" that are millions. #}
            when unit_words like '%million%' or unit_words like '%1m tokens%' or lower(pricing_unit) = 'units'
                then {{ apportion.product_of('usage_amount', 'cast(' ~ million ~ ' as ' ~ apportion.money() ~ ')') }}
            when lower(pricing_unit) = 'tokens' then usage_amount
            else {{ apportion.product_of('usage_amount', 'cast(1000 as ' ~ apportion.money() ~ ')') }}
        end as consumed_quantity
    from classed

),

charges as (

    select
        parsed.*,
        {{ dbt.concat(["'bedrock:'", 'line_id']) }} as x_charge_id,
        {{ dbt.concat(['product_code', "'/'", "coalesce(usage_type, '')"]) }} as sku,
        {{ apportion.aws_caller('iam_principal') }} as principal,
        charge_category = 'Usage' and line_item_type <> 'Refund' as is_metered,
        {#  AWS gives the public cost of usage only. #}
        case when charge_category = 'Usage' and line_item_type <> 'Refund' then public_cost end as own_list_cost
    from parsed

),

{% set metered = 'case when is_metered then ' %}
{% set same_currency = 'case when coalesce(pricing_currency, currency) = currency then ' %}
{% set values = {
    'charge_date': 'charge_date',
    'cost_basis': "'billed'",
    'x_source': "'bedrock'",
    'x_charge_id': 'x_charge_id',
    'billed_cost': 'unblended_cost',
    'effective_cost': 'unblended_cost',
    'contracted_cost': 'unblended_cost',
    'list_cost': 'coalesce(own_list_cost, unblended_cost)',
    'billing_account_id': 'payer_account_id',
    'billing_account_name': 'payer_account_name',
    'billing_account_type': "'Payer Account'",
    'billing_currency': 'currency',
    'billing_period_start': 'billing_period_start',
    'billing_period_end': 'coalesce(billing_period_end, cast('
        ~ dbt.dateadd('month', 1, 'billing_period_start') ~ ' as ' ~ dbt.type_timestamp() ~ '))',
    'charge_category': 'charge_category',
    'charge_class': "case when line_item_type = 'Refund' and usage_start < billing_period_start then 'Correction' end",
    'charge_description': 'description',
    'charge_frequency': "case charge_category when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end",
    'charge_period_start': 'usage_start',
    'charge_period_end': 'coalesce(usage_end, cast('
        ~ dbt.dateadd('day', 1, 'usage_start') ~ ' as ' ~ dbt.type_timestamp() ~ '))',
    'consumed_quantity': 'consumed_quantity',
    'consumed_unit': "case when consumed_quantity is null then null when token_class is not null then 'Tokens' else " ~ apportion.aws_unit('pricing_unit') ~ ' end',
    'contracted_unit_price': metered ~ 'unblended_rate end',
    'list_unit_price': metered ~ 'coalesce(public_rate, unblended_rate) end',
    'pricing_category': metered ~ "'Standard' end",
    'pricing_currency': 'coalesce(pricing_currency, currency)',
    'pricing_currency_contracted_unit_price': same_currency ~ metered ~ 'unblended_rate end end',
    'pricing_currency_effective_cost': same_currency ~ 'unblended_cost end',
    'pricing_currency_list_unit_price': same_currency ~ metered ~ 'coalesce(public_rate, unblended_rate) end end',
    'pricing_quantity': metered ~ 'usage_amount end',
    'pricing_unit': metered ~ apportion.aws_unit('pricing_unit') ~ ' end',
    'invoice_id': 'invoice_id',
    'invoice_issuer_name': "coalesce(invoicing_entity, 'AWS')",
    'provider_name': "'AWS'",
    'service_provider_name': "'AWS'",
    'host_provider_name': "'AWS'",
    'publisher_name': "case when billing_entity = 'AWS Marketplace' then coalesce(legal_entity, 'AWS') else 'AWS' end",
    'region_id': 'region_id',
    'region_name': 'region_id',
    'resource_id': 'resource_id',
    'resource_type': "case when resource_id like '%inference-profile/%' then 'Inference Profile' when resource_id is not null then 'Bedrock Resource' end",
    'service_category': "'AI and Machine Learning'",
    'service_subcategory': "'Generative AI'",
    'service_name': "'Amazon Bedrock'",
    'sku_id': 'sku',
    'sku_meter': 'coalesce(token_class, usage_type)',
    'sku_price_id': 'sku',
    'sku_price_details': apportion.json_object([['x_billing_entity', 'billing_entity'], ['x_usage_type', 'usage_type']]),
    'sub_account_id': 'usage_account_id',
    'sub_account_name': 'usage_account_name',
    'sub_account_type': "'Linked Account'",
    'tags': apportion.aws_tags('tags'),
    'x_model': 'model',
    'x_service_tier': 'case when model is not null then pricing_model end',
    'x_region_scope': 'region_scope',
    'x_token_class': 'token_class',
    'x_principal': 'principal',
} %}

final as (

    {{ apportion.charges_from(values, 'charges') }}

)

select * from final
