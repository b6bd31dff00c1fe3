{# Names the currency and its first day; add the rate to seeds/finance/exchange_rates.csv. #}
select
    billing_currency,
    min(charge_date) as first_day,
    sum(billed_cost) as billed_cost
from {{ ref('int_costs__converted') }}
where billed_cost_reported is null
group by billing_currency
