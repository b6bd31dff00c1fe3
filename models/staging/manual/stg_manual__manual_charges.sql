{# Seeds load blank cells as null on some warehouses and as '' on others. #}
with

final as (

    select
        {{ apportion.trimmed('charge_id') }} as charge_id,
        {{ apportion.trimmed('provider') }} as provider,
        {{ apportion.trimmed('billing_account') }} as billing_account,
        {{ apportion.trimmed('service') }} as service,
        {{ apportion.trimmed('service_category') }} as service_category,
        period_start,
        period_end,
        {{ apportion.trimmed('charge_category') }} as charge_category,
        cast(billed_cost as {{ apportion.money() }}) as billed_cost,
        cast(coalesce(effective_cost, billed_cost) as {{ apportion.money() }}) as effective_cost,
        {{ apportion.trimmed('currency') }} as currency,
        {{ apportion.trimmed('sub_account') }} as sub_account,
        {{ apportion.trimmed('resource') }} as resource,
        {{ apportion.trimmed('description') }} as description,
        {{ apportion.trimmed('tags') }} as tags,
        {{ apportion.trimmed('invoice_id') }} as invoice_id
    from {{ ref('manual_charges') }}

)

select * from final
