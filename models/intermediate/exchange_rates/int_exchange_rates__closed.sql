{#
    What the snapshot of rates looks at: a month keeps the rates that it was closed with. One that is opened and closed
    again, on another day, takes those of the new closing.
#}
with

final as (

    select
        found.rate_key,
        closed.closed_on,
        found.currency,
        found.charge_date,
        found.service_provider_name,
        found.billing_account_id,
        found.rate_type,
        found.rate

    from {{ ref('int_exchange_rates__found') }} as found

    inner join {{ ref('int_costs__closed_months') }} as closed
        on {{ apportion.period_start('month', 'found.charge_date') }} = closed.month_start

    where found.rate is not null

)

select * from final
