{#
    Rows of the files that are the same calls add up. With an account they speak as the provider's own report does; without
    one a route (telemetry_routes.csv) says whose bill they are on. An estimate stands on the class `requests` only, as
    everywhere, and is never added to a bill.
#}
{% set keys = ['charge_date', 'provider', 'account', 'account_name', 'sub_account', 'sub_account_name', 'service', 'model',
    'service_tier', 'context_tier', 'region_scope', 'measure', 'api_key', 'api_key_name', 'principal', 'gateway', 'workload',
    'call_labels', 'level'] %}

with

labelled as (

    select
        telemetry.*,
        {{ apportion.call_labels('labels') }} as call_labels,
        lower(coalesce(
            attribution_level,
            case
                when labels is not null or principal is not null then 'call'
                when api_key is not null or api_key_name is not null then 'key'
                when sub_account is not null then 'project'
                else 'account'
            end
        )) as level
    from {{ ref('stg_telemetry__telemetry') }} as telemetry

),

summed as (

    select
        {{ keys | join(',\n        ') }},
        cast(sum(quantity) as {{ apportion.money() }}) as quantity,
        cast(sum(case when measure in ('requests', 'sessions') then estimated_cost end) as {{ apportion.money() }}) as estimated_cost
    from labelled
    group by
        {{ keys | join(',\n        ') }}

),

final as (

    select
        charge_date,
        'telemetry' as x_source,
        provider as service_provider_name,
        account as billing_account_id,
        coalesce(account_name, account) as billing_account_name,
        sub_account as sub_account_id,
        coalesce(sub_account_name, sub_account) as sub_account_name,
        coalesce(service, provider) as service_name,
        'Usage' as charge_category,
        model as x_model,
        service_tier as x_service_tier,
        context_tier as x_context_tier,
        region_scope as x_region_scope,
        measure as x_token_class,
        api_key as x_api_key_id,
        api_key_name as x_api_key_name,
        principal as x_principal,
        gateway as x_gateway,
        workload as x_workload,
        call_labels as x_call_labels,
        level as x_attribution_level,
        quantity,
        estimated_cost
    from summed
    where quantity <> 0 or estimated_cost <> 0

)

select * from final
