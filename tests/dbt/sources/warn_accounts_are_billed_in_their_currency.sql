{# Charges in another currency than billing_accounts.csv gives their account: it changed, or somebody mistyped it. #}
{{ config(severity='warn') }}
select
    costs.service_provider_name,
    costs.billing_account_id,
    costs.billing_currency,
    accounts.currency as expected_currency,
    min(costs.charge_date) as first_day,
    sum(costs.billed_cost) as billed_cost

from {{ ref('int_costs__daily') }} as costs

inner join {{ ref('int_accounts__dated') }} as accounts
    on costs.service_provider_name = accounts.provider
    and costs.billing_account_id = accounts.billing_account
    and costs.charge_date >= accounts.valid_from
    and costs.charge_date < accounts.valid_to

where costs.billing_currency <> accounts.currency

group by
    costs.service_provider_name,
    costs.billing_account_id,
    costs.billing_currency,
    accounts.currency
