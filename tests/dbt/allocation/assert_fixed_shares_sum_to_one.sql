{# On every day on which a pool is divided by fixed shares they are all of it: neither 99 % nor 101 %. #}
with

pool_days as (

    select distinct
        days.pool,
        days.charge_date
    from {{ ref('int_allocation__pool_days') }} as days
    inner join {{ ref('int_allocation__pool_rules') }} as rules on days.pool_rule = rules.pool_rule
    where rules.method = 'fixed' or rules.fallback_method = 'fixed'

),

summed as (

    select
        pool_days.pool,
        pool_days.charge_date,
        sum(shares.share_weight) as share_weight,
        count(shares.share_weight) as shares
    from pool_days
    left join {{ ref('int_allocation__fixed_shares') }} as shares
        on pool_days.pool = shares.pool
        and (pool_days.charge_date >= shares.valid_from or shares.valid_from is null)
        and (pool_days.charge_date < shares.valid_to or shares.valid_to is null)
    group by pool_days.pool, pool_days.charge_date

)

{#  A third is cut at 10^-18, so each share may miss one unit. #}
select * from summed
where share_weight is null
    or share_weight > {{ apportion.one_in_units() }}
    or share_weight < {{ apportion.one_in_units() }} - shares
