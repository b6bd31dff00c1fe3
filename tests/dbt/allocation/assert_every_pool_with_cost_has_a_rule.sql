{# Its cost stays Unallocated. A warning, since no amount is lost; it is an error once the pool should be paid for. #}
{{ config(severity='warn') }}
select shared_pool, min(charge_date) as first_day, max(charge_date) as last_day, sum(effective_cost) as effective_cost
from {{ ref('int_allocation__pool_costs') }}
where pool_rule = 0
group by shared_pool
