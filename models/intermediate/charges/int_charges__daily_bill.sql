{# What snapshots remember: the bill of a day as it is now, by the day its lines start. #}
with

final as (

    select
        service_provider_name as provider_name,
        billing_account_id,
        line_date as charge_date,
        billing_currency,
        cast(sum(billed_cost) as {{ apportion.money() }}) as billed_cost,
        cast(sum(effective_cost) as {{ apportion.money() }}) as effective_cost
    from {{ ref('int_costs__daily') }}
    group by service_provider_name, billing_account_id, line_date, billing_currency

)

select * from final
