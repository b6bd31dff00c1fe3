{# Months in which another source brings a provider's invoice: neither seats nor overage of its own are charges then. #}
with

final as (

    select
        provider,
        month_start,
        min(invoiced_by) as invoiced_by
    from {{ ref('int_seats__monthly_prices') }}
    where invoiced_by is not null
    group by provider, month_start

)

select * from final
