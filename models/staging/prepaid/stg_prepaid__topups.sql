with

final as (

    select
        {{ apportion.trimmed('provider') }} as provider,
        {{ apportion.trimmed('billing_account') }} as billing_account,
        topped_up_on as charge_date,
        cast(amount as {{ apportion.money() }}) as amount,
        upper({{ apportion.trimmed('currency') }}) as currency,
        {{ apportion.trimmed('invoice') }} as invoice,
        {{ apportion.trimmed('note') }} as note
    from {{ ref('prepaid_topups') }}

)

select * from final
