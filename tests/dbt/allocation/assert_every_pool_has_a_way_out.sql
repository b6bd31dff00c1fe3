{# Pools that pay only each other keep what enters their circle, Unallocated: one of them needs another target. #}
select distinct
    weights.pool,
    weights.charge_date
from {{ ref('int_allocation__pool_chains') }} as chains
inner join {{ ref('int_allocation__weights') }} as weights
    on chains.last_pool = weights.pool
    and chains.charge_date = weights.charge_date
left join {{ ref('int_allocation__weights') }} as others
    on weights.pool_rule = others.pool_rule
    and weights.charge_date = others.charge_date
    and weights.partition_value = others.partition_value
    and others.target_type <> 'pool'
where others.pool is null
