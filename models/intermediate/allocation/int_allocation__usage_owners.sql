{# Who owns the Usage lines that Tax, Credit and Adjustment lines follow, after pools. #}
with

usage_lines as (

    select
        provider_name,
        billing_account_id,
        billing_period_start,
        sub_account_id,
        service_name,
        {{ apportion.owner_columns() | join(',\n        ') }},
        effective_cost
    from {{ ref('int_costs__owned') }}
    where ownership = 'direct' and charge_category = 'Usage'

    union all

    select
        provider_name,
        billing_account_id,
        billing_period_start,
        sub_account_id,
        service_name,
        {{ apportion.owner_columns() | join(',\n        ') }},
        effective_cost
    from {{ ref('int_allocation__pool_parts') }}
    where charge_category = 'Usage'

),

final as (

    select
        coalesce(provider_name, '') as provider_name,
        coalesce(billing_account_id, '') as billing_account_id,
        billing_period_start,
        coalesce(sub_account_id, '') as sub_account_id,
        coalesce(service_name, '') as service_name,
        {{ apportion.owner_columns() | join(',\n        ') }},
        cast(sum(effective_cost) as {{ apportion.money() }}) as effective_cost
    from usage_lines
    group by
        coalesce(provider_name, ''),
        coalesce(billing_account_id, ''),
        billing_period_start,
        coalesce(sub_account_id, ''),
        coalesce(service_name, ''),
        {{ apportion.owner_columns() | join(',\n        ') }}

)

select * from final
