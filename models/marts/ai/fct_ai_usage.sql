{#
    What providers measured and gateways saw, at our price book of the day. Usage without a price stays a row with a
    label, never 0: an unknown model must not look free.

    Several sources may see one call: `counted_quantity` is what no source ranked before has seen, and the only quantity
    that may be summed over sources. What the calls were billed is read back from the parts of the bill.
#}
{% set columns = [
    ['charge_date', 'charge_date'], ['x_source', 'source'], ['service_provider_name', 'provider_name'],
    ['billing_account_id', 'billing_account_id'], ['sub_account_id', 'sub_account_id'],
    ['service_name', 'service_name'], ['x_model', 'model'], ['x_service_tier', 'service_tier'],
    ['x_context_tier', 'context_tier'], ['x_region_scope', 'region_scope'], ['x_token_class', 'token_class'],
    ['x_api_key_id', 'api_key_id'], ['x_principal', 'principal'], ['x_gateway', 'gateway'],
    ['x_attribution_level', 'attribution_level'], ['tag_key', 'tag_key'],
] %}

with

counted as (

    select
        charge_date,
        telemetry_key,
        case
            when quantity = counted_quantity then cast(1 as {{ apportion.money() }})
            else {{ apportion.ratio('counted_quantity', 'quantity') }}
        end as counted_share
    from {{ ref('int_attribution__telemetry') }}

),

billed as (

    select
        charge_date,
        usage_key,
        cast(sum(billed_cost) as {{ apportion.money() }}) as attributed_billed_cost,
        cast(sum(effective_cost) as {{ apportion.money() }}) as attributed_effective_cost
    from {{ ref('fct_attributed_charges') }}
    group by
        charge_date,
        usage_key

),

usage_rows as (

    select
        {%- for column, name in columns %}
        daily.{{ column }}{{ ' as ' ~ name if name != column }},
        {%- endfor %}
        cast(sum(daily.quantity) as {{ apportion.money() }}) as quantity,
        cast(sum(case
            when counted.counted_share = 1 then daily.quantity
            else coalesce({{ apportion.product_of('daily.quantity', 'counted.counted_share') }}, 0)
        end) as {{ apportion.money() }}) as counted_quantity,
        cast(sum(daily.estimated_cost) as {{ apportion.money() }}) as estimated_cost,
        cast(coalesce(sum(billed.attributed_billed_cost), 0) as {{ apportion.money() }}) as attributed_billed_cost,
        cast(coalesce(sum(billed.attributed_effective_cost), 0) as {{ apportion.money() }}) as attributed_effective_cost

    from {{ ref('int_usage__daily') }} as daily

    left join counted
        on daily.charge_date = counted.charge_date
        and daily.telemetry_key = counted.telemetry_key

    left join billed
        on daily.charge_date = billed.charge_date
        and daily.usage_key = billed.usage_key

    group by
        {%- for column, name in columns %}
        daily.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

),

models as (

    select * from {{ ref('dim_models') }}

),

prices as (

    {{ apportion.dated_prices() }}

),

owned as (

    select
        usage_rows.*,
        models.canonical_model,
        coalesce(models.vendor, 'Unmapped') as vendor,
        coalesce(models.tier, 'Unmapped') as model_tier,
        {%- for column in apportion.owner_columns() %}
        coalesce(ownership.{{ column }}, 'Unallocated') as {{ column }},
        {%- endfor %}
        attributes.sub_account_name,
        attributes.api_key_name

    from usage_rows

    left join models
        on usage_rows.provider_name = models.provider_name
        and usage_rows.model = models.model

    left join {{ ref('int_ownership__days') }} as days
        on usage_rows.charge_date = days.charge_date

    left join {{ ref('dim_ownership') }} as ownership
        on usage_rows.tag_key = ownership.tag_key
        and days.owned_from = ownership.valid_from

    left join {{ ref('dim_charge_attributes') }} as attributes
        on usage_rows.tag_key = attributes.tag_key

),

final as (

    select
        owned.charge_date,
        owned.source,
        owned.provider_name,
        owned.billing_account_id,
        owned.sub_account_id,
        owned.sub_account_name,
        owned.service_name,
        owned.api_key_id,
        owned.api_key_name,
        owned.principal,
        owned.model,
        owned.canonical_model,
        owned.vendor,
        owned.model_tier,
        owned.service_tier,
        owned.context_tier,
        owned.region_scope,
        owned.token_class,
        owned.tag_key,
        {%- for column in apportion.owner_columns() %}
        owned.{{ column }},
        {%- endfor %}
        owned.gateway,
        owned.attribution_level,
        'rated' as cost_basis,
        case
            when owned.token_class = 'requests' then 'not priced by request'
            when owned.model is null then 'no model'
            when owned.canonical_model is null then 'unknown model'
            when prices.price_per_million is null then 'no price'
            else 'priced'
        end as price_status,
        prices.currency,
        prices.valid_from as price_valid_from,
        owned.quantity,
        owned.counted_quantity,
        prices.price_per_million,
        {{ apportion.rated('owned.quantity', 'prices.price_per_million') }} as rated_cost,
        {{ apportion.rated('owned.counted_quantity', 'prices.price_per_million') }} as counted_rated_cost,
        owned.estimated_cost,
        owned.attributed_billed_cost,
        owned.attributed_effective_cost

    from owned

    left join prices
        on owned.vendor = prices.vendor
        and owned.canonical_model = prices.model
        and coalesce(owned.service_tier, 'standard') = prices.service_tier
        and owned.token_class = prices.token_class
        and owned.charge_date >= prices.valid_from
        and (owned.charge_date < prices.valid_to or prices.valid_to is null)

)

select * from final
