{# What a pool pays through others is all of it, but for the units that integer division cuts: at most 1,000 of 10^-18. #}
select
    charge_date,
    component,
    flow,
    pool,
    sum(share) as shares
from {{ ref('int_allocation__pool_chains') }}
group by charge_date, component, flow, pool
having sum(share) > {{ apportion.one_in_units() }} or sum(share) < {{ apportion.one_in_units() }} - 1000
