{#
    Targets that are listed for a pool or have driver quantities, and are not valid on a day with cost: the others
    share in full. A warning; it is an error where the target was only misspelled.
#}
{{ config(severity='warn') }}
with

asked as (

    select distinct
        days.pool,
        days.charge_date,
        days.owned_from,
        shares.target_type,
        shares.target
    from {{ ref('int_allocation__pool_days') }} as days
    inner join {{ ref('int_allocation__fixed_shares') }} as shares
        on days.pool = shares.pool
        and (days.charge_date >= shares.valid_from or shares.valid_from is null)
        and (days.charge_date < shares.valid_to or shares.valid_to is null)
    union all
    select distinct
        days.pool,
        days.charge_date,
        days.owned_from,
        drivers.target_type,
        drivers.target
    from {{ ref('int_allocation__pool_days') }} as days
    inner join {{ ref('int_allocation__pool_rules') }} as rules on days.pool_rule = rules.pool_rule
    inner join {{ ref('int_drivers__by_hand') }} as drivers
        on {{ apportion.normalised('rules.driver') }} = {{ apportion.normalised('drivers.driver') }}
        and days.charge_date = drivers.charge_date

)

select
    asked.pool,
    asked.target_type,
    asked.target,
    min(asked.charge_date) as first_day,
    max(asked.charge_date) as last_day
from asked
left join {{ ref('int_allocation__targets') }} as targets
    on asked.target_type = targets.target_type
    and asked.target = targets.target
    and asked.owned_from = targets.owned_from
left join {{ ref('int_allocation__rules_by_day') }} as pools
    on asked.target_type = 'pool'
    and asked.target = pools.pool
    and asked.charge_date = pools.charge_date
where targets.target is null and pools.pool is null
group by asked.pool, asked.target_type, asked.target
