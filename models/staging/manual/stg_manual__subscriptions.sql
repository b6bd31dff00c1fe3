with

final as (

    select
        {{ apportion.trimmed('subscription_id') }} as subscription_id,
        lower({{ apportion.trimmed('kind') }}) as kind,
        {{ apportion.trimmed('provider') }} as provider,
        {{ apportion.trimmed('billing_account') }} as billing_account,
        {{ apportion.trimmed('service') }} as service,
        {{ apportion.trimmed('service_category') }} as service_category,
        {{ apportion.trimmed('plan') }} as plan_name,
        invoice_date,
        {{ apportion.trimmed('invoice_id') }} as invoice_id,
        cast(amount as {{ apportion.money() }}) as amount,
        {{ apportion.trimmed('currency') }} as currency,
        service_start,
        service_end,
        cast(quantity as {{ apportion.money() }}) as quantity,
        {{ apportion.trimmed('sub_account') }} as sub_account,
        {{ apportion.trimmed('resource') }} as resource,
        {{ apportion.trimmed('description') }} as description,
        {{ apportion.trimmed('tags') }} as tags
    from {{ ref('subscriptions') }}

)

select * from final
