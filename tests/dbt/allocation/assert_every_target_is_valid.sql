{#
    Targets that are listed for a pool or have driver quantities, and are not valid on a day with cost: the others
    share in full. A warning; it is an error where the target was only misspelled.
#}
{{ config(severity='warn') }}
with

asked as (

    select distinct
        days.pool,
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
        days.owned_from,
        drivers.target_type,
        drivers.target
    from {{ ref('int_allocation__pool_days') }} as days
    inner join {{ ref('int_allocation__pool_rules') }} as rules on days.pool_rule = rules.pool_rule
    inner join {{ ref('int_drivers__by_hand') }} as drivers
        on rules.driver = drivers.driver and days.charge_date = drivers.charge_date

)

select distinct asked.*
from asked
left join {{ ref('int_allocation__targets') }} as targets
    on asked.target_type = targets.target_type
    and asked.target = targets.target
    and asked.owned_from = targets.owned_from
where targets.target is null
