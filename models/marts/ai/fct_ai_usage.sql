{#
    What the provider measured, at our price book of the day. Usage without a price stays a row with a label,
    never 0: an unknown model must not look free.
#}
with

usage_rows as (

    select
        charge_date,
        service_provider_name as provider_name,
        billing_account_id,
        sub_account_id,
        service_name,
        x_model as model,
        x_service_tier as service_tier,
        x_context_tier as context_tier,
        x_region_scope as region_scope,
        x_token_class as token_class,
        x_api_key_id as api_key_id,
        x_principal as principal,
        tag_key,
        cast(sum(quantity) as {{ apportion.money() }}) as quantity

    from {{ ref('int_usage__daily') }}

    group by
        charge_date,
        service_provider_name,
        billing_account_id,
        sub_account_id,
        service_name,
        x_model,
        x_service_tier,
        x_context_tier,
        x_region_scope,
        x_token_class,
        x_api_key_id,
        x_principal,
        tag_key

),

models as (

    select * from {{ ref('dim_models') }}

),

prices as (

    select
        {{ apportion.trimmed('vendor') }} as vendor,
        {{ apportion.trimmed('model') }} as model,
        {{ apportion.trimmed('service_tier') }} as service_tier,
        {{ apportion.trimmed('token_class') }} as token_class,
        {{ apportion.trimmed('currency') }} as currency,
        price_per_million,
        valid_from,
        lead(valid_from) over (
            partition by
                {{ apportion.trimmed('vendor') }}, {{ apportion.trimmed('model') }},
                {{ apportion.trimmed('service_tier') }}, {{ apportion.trimmed('token_class') }}
            order by valid_from
        ) as valid_to
    from {{ ref('model_prices') }}

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
        case
            when owned.api_key_id is not null then 'key'
            when owned.sub_account_id is not null then 'project'
            else 'account'
        end as attribution_level,
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
        prices.price_per_million,
        {{ apportion.rated('owned.quantity', 'prices.price_per_million') }} as rated_cost

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
