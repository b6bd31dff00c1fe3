{# Names are compared as they are written: this meets every line of the bill, and folding case there costs time. #}
with

final as (

    select
        {{ apportion.trimmed('provider') }} as provider,
        {{ apportion.trimmed('billing_account') }} as billing_account,
        {{ apportion.normalised('payment') }} as payment,
        upper({{ apportion.trimmed('currency') }}) as currency,
        coalesce({{ apportion.normalised('rate_type') }}, 'daily') as rate_type,
        coalesce(valid_from, cast('{{ var("first_date") }}' as date)) as valid_from,
        coalesce(
            lead(valid_from) over (
                partition by {{ apportion.trimmed('provider') }}, {{ apportion.trimmed('billing_account') }}
                order by coalesce(valid_from, cast('{{ var("first_date") }}' as date))
            ),
            cast('9999-12-31' as date)
        ) as valid_to
    from {{ ref('billing_accounts') }}

)

select * from final
