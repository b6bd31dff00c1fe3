{# Users together cannot have used more than the bill has: then a filter was passed over, or a cost centre not asked for. #}
{{ config(enabled='github_copilot' in var('providers'), severity='warn') }}
select
    users.charge_date,
    users.cost_center,
    users.model,
    users.net_amount as by_user,
    bill.net_amount as on_the_bill
from (
    select charge_date, coalesce(cost_center, '') as cost_center, model, sum(net_amount) as net_amount
    from {{ ref('stg_github_copilot__user_usage') }}
    group by charge_date, coalesce(cost_center, ''), model
) as users
left join (
    select charge_date, coalesce(cost_center, '') as cost_center, model, sum(net_amount) as net_amount
    from {{ ref('stg_github_copilot__usage') }}
    group by charge_date, coalesce(cost_center, ''), model
) as bill
    on users.charge_date = bill.charge_date
    and users.cost_center = bill.cost_center
    and {{ apportion.is_same('users.model', 'bill.model') }}
where users.net_amount > coalesce(bill.net_amount, 0)
