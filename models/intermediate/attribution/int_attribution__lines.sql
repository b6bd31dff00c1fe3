{#
    The bill lines that telemetry can split: usage of one day that says what it counts. Lines of a day with the same key
    are split alike.
#}
{% set key = ['x_source', 'provider', 'billing_account_id', 'sub_account_id', 'x_api_key_id', 'model', 'service_tier', 'x_context_tier', 'x_region_scope', 'x_token_class', 'billing_currency'] %}

with

charges as (

    select
        charges.*,
        coalesce(models.canonical_model, charges.x_model) as model,
        charges.service_provider_name as provider,
        coalesce(charges.x_service_tier, 'standard') as service_tier

    from {{ ref('fct_charges') }} as charges

    left join {{ ref('int_models__named') }} as models
        on charges.service_provider_name = models.provider_name
        and charges.x_model = models.model

    where charges.x_token_class is not null
        and charges.charge_category = 'Usage'
        and {{ apportion.last_day_of_charge('charges') }} = charges.charge_date

),

final as (

    select
        charge_date,
        x_source,
        x_charge_id,
        {{ apportion.short_key(key) }} as bill_key,
        provider,
        billing_account_id,
        sub_account_id,
        x_api_key_id as api_key_id,
        x_api_key_name as api_key_name,
        x_principal as principal,
        model,
        service_tier,
        x_context_tier as context_tier,
        x_region_scope as region_scope,
        x_token_class as token_class,
        consumed_quantity,
        billing_currency,
        {{ apportion.cost_columns() | join(',
        ') }},
        x_changed_at
    from charges

)

select * from final
