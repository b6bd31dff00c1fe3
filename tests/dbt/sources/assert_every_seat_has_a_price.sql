{# A seat without a price is on no bill here; add the provider or plan to seeds/pricing/seat_prices.csv. #}
{{ config(severity='warn') }}
select provider_name, plan, min(month_start) as first_month, sum(assigned_seats) as seats
from {{ ref('fct_seat_usage') }}
where price_status = 'no price'
group by provider_name, plan
