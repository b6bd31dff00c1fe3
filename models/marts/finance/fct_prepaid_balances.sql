{# Cash in, usage out: what is left on each prepaid account. Both are exact, so the balance is. #}
with

costs as (

    select
        costs.service_provider_name,
        costs.billing_account_id,
        costs.billing_currency,
        costs.line_date,
        case when costs.charge_category = 'Purchase' then costs.billed_cost else 0 end as topped_up,
        costs.effective_cost as used

    from {{ ref('int_costs__daily') }} as costs

    inner join {{ ref('int_accounts__dated') }} as accounts
        on costs.service_provider_name = accounts.provider
        and costs.billing_account_id = accounts.billing_account
        and costs.line_date >= accounts.valid_from
        and costs.line_date < accounts.valid_to

    where accounts.payment = 'prepaid'

),

final as (

    select
        service_provider_name as provider_name,
        billing_account_id,
        billing_currency,
        min(line_date) as first_day,
        max(line_date) as last_day,
        cast(sum(topped_up) as {{ apportion.money() }}) as topped_up,
        cast(sum(used) as {{ apportion.money() }}) as used,
        cast(sum(topped_up) - sum(used) as {{ apportion.money() }}) as balance
    from costs
    group by service_provider_name, billing_account_id, billing_currency

)

select * from final
