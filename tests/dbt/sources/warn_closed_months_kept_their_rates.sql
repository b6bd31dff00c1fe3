{#
    A rate of a closed month was changed in the seed, by the bank or through the account's rate type. The month keeps the
    rate that it was closed with, so its figures stay; the change does nothing. Book the difference in an open month.
#}
{{ config(severity='warn') }}
select
    currency,
    rate_type,
    rate,
    rate_now,
    min(charge_date) as first_day,
    count(distinct charge_date) as days
from {{ ref('int_exchange_rates__used') }}
where is_closed and rate is distinct from rate_now
group by currency, rate_type, rate, rate_now
