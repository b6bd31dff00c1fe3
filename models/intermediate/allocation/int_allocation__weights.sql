{#
    Who weighs how much in a pool on a day: by the pool's method, and where that leaves nothing by its fallback.
    A target that is not valid on the day or is excluded weighs nothing; a sum below zero counts as zero.
#}
{{ config(materialized='table') }}

with

pool_days as (

    select
        days.*,
        rules.method,
        rules.fallback_method,
        rules.driver,
        rules.scope,
        rules.per,
        rules.excluded

    from {{ ref('int_allocation__pool_days') }} as days

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on days.pool_rule = rules.pool_rule

),

{#  Many days share one window, so quantities are summed per window, not per day. #}
windows as (

    select distinct
        pool_rule,
        partition_value,
        window_from,
        window_until,
        method,
        fallback_method,
        driver,
        scope,
        per
    from pool_days

),

quantities as (

    select
        windows.pool_rule,
        windows.partition_value,
        windows.window_from,
        windows.window_until,
        'usage' as method,
        drivers.target_type,
        drivers.target,
        cast(sum(drivers.quantity) as {{ apportion.money() }}) as quantity

    from windows

    inner join {{ ref('int_allocation__drivers') }} as drivers
        on windows.driver = drivers.driver
        and drivers.charge_date >= windows.window_from
        and drivers.charge_date <= windows.window_until
        and windows.partition_value = {{ apportion.partition_value('windows.per', 'drivers') }}

    where windows.method = 'usage'

    group by
        windows.pool_rule,
        windows.partition_value,
        windows.window_from,
        windows.window_until,
        drivers.target_type,
        drivers.target

    union all

    select
        windows.pool_rule,
        windows.partition_value,
        windows.window_from,
        windows.window_until,
        'cost' as method,
        costs.target_type,
        costs.target,
        cast(sum(costs.quantity) as {{ apportion.money() }}) as quantity

    from windows

    inner join {{ ref('int_allocation__direct_costs') }} as costs
        on windows.scope = costs.scope
        and costs.charge_date >= windows.window_from
        and costs.charge_date <= windows.window_until
        and windows.partition_value = {{ apportion.partition_value('windows.per', 'costs') }}

    where windows.method = 'cost' or windows.fallback_method = 'cost'

    group by
        windows.pool_rule,
        windows.partition_value,
        windows.window_from,
        windows.window_until,
        costs.target_type,
        costs.target

),

shares as (

    select * from {{ ref('int_allocation__fixed_shares') }}

),

listed as (

    select
        pool_days.pool,
        pool_days.pool_rule,
        pool_days.charge_date,
        pool_days.owned_from,
        pool_days.partition_value,
        shares.target_type,
        shares.target,
        shares.share_weight

    from pool_days

    inner join shares
        on pool_days.pool = shares.pool
        and (pool_days.charge_date >= shares.valid_from or shares.valid_from is null)
        and (pool_days.charge_date < shares.valid_to or shares.valid_to is null)

),

with_a_list as (

    select distinct pool_rule, charge_date, partition_value from listed

),

candidates as (

    select
        pool_days.pool_rule,
        pool_days.charge_date,
        pool_days.partition_value,
        quantities.method,
        quantities.target_type,
        quantities.target,
        quantities.quantity,
        {{ apportion.weight_of('quantities.quantity') }} as weight

    from pool_days

    inner join quantities
        on pool_days.pool_rule = quantities.pool_rule
        and pool_days.partition_value = quantities.partition_value
        and pool_days.window_from = quantities.window_from
        and pool_days.window_until = quantities.window_until

    union all

    select
        pool_rule,
        charge_date,
        partition_value,
        'fixed' as method,
        target_type,
        target,
        {{ apportion.money_of_units('share_weight') }} as quantity,
        share_weight as weight
    from listed
    where share_weight is not null

    union all

    select
        pool_rule,
        charge_date,
        partition_value,
        'even' as method,
        target_type,
        target,
        cast(1 as {{ apportion.money() }}) as quantity,
        cast(1 as {{ apportion.wide_integer() }}) as weight
    from listed

    union all

    {#  With nobody listed, an even split goes to every feature that is valid on the day. #}
    select
        pool_days.pool_rule,
        pool_days.charge_date,
        pool_days.partition_value,
        'even' as method,
        targets.target_type,
        targets.target,
        cast(1 as {{ apportion.money() }}) as quantity,
        cast(1 as {{ apportion.wide_integer() }}) as weight

    from pool_days

    inner join {{ ref('int_allocation__targets') }} as targets
        on targets.target_type = 'feature'
        and pool_days.owned_from = targets.owned_from

    left join with_a_list
        on pool_days.pool_rule = with_a_list.pool_rule
        and pool_days.charge_date = with_a_list.charge_date
        and pool_days.partition_value = with_a_list.partition_value

    where with_a_list.pool_rule is null

),

{#  The method itself is the first attempt, the fallback the second. #}
attempts as (

    select
        pool_days.pool,
        pool_days.pool_rule,
        pool_days.charge_date,
        pool_days.partition_value,
        pool_days.is_provisional,
        case when candidates.method = pool_days.method then 1 else 2 end as attempt,
        candidates.method,
        case candidates.method
            when 'usage' then pool_days.driver
            when 'cost' then 'effective_cost'
            when 'fixed' then 'fixed_share'
            else 'equal_parts'
        end as driver,
        candidates.target_type,
        candidates.target,
        targets.feature,
        targets.product,
        targets.team,
        targets.cost_center,
        candidates.quantity,
        candidates.weight

    from candidates

    inner join pool_days
        on candidates.pool_rule = pool_days.pool_rule
        and candidates.charge_date = pool_days.charge_date
        and candidates.partition_value = pool_days.partition_value

    inner join {{ ref('int_allocation__targets') }} as targets
        on candidates.target_type = targets.target_type
        and candidates.target = targets.target
        and pool_days.owned_from = targets.owned_from

    left join {{ ref('int_allocation__exclusions') }} as exclusions
        on pool_days.excluded = exclusions.excluded
        and candidates.target_type = exclusions.target_type
        and candidates.target = exclusions.target

    where candidates.weight > 0
        and exclusions.target is null
        and candidates.method in (pool_days.method, pool_days.fallback_method)

),

ranked as (

    select
        attempts.*,
        min(attempt) over (partition by pool_rule, charge_date, partition_value) as first_attempt
    from attempts

),

final as (

    select
        pool,
        pool_rule,
        charge_date,
        partition_value,
        is_provisional,
        case when attempt = 1 then method else {{ dbt.concat(["'fallback:'", 'method']) }} end as allocation_method,
        driver,
        target_type,
        target,
        feature,
        product,
        team,
        cost_center,
        weight,
        quantity as driver_quantity,
        cast(sum(quantity) over (
            partition by pool_rule, charge_date, partition_value
        ) as {{ apportion.money() }}) as driver_total

    from ranked
    where attempt = first_attempt

)

select * from final
