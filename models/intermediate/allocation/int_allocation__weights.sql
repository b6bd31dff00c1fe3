{#
    Who weighs how much in a pool on a day: by the pool's method, and where that leaves nothing by its fallback.
#}
{{ config(materialized='table') }}

with

pool_days as (

    select * from {{ ref('int_allocation__pool_days') }}

),

attempts as (

    select
        found.*,
        case when found.method = rules.method then 1 else 2 end as attempt

    from {{ ref('int_allocation__own_weights') }} as found

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on found.pool_rule = rules.pool_rule

    union all

    select
        found.*,
        2 as attempt
    from {{ ref('int_allocation__carried_weights') }} as found

),

ranked as (

    select
        attempts.*,
        min(attempt) over (partition by pool_rule, charge_date, partition_value) as first_attempt
    from attempts

),

final as (

    select
        pool_days.pool,
        ranked.pool_rule,
        ranked.charge_date,
        ranked.partition_value,
        pool_days.is_provisional,
        case
            when ranked.attempt = 1 then ranked.method
            when ranked.seen_from < ranked.charge_date then 'fallback:carry_forward'
            else {{ dbt.concat(["'fallback:'", 'ranked.method']) }}
        end as allocation_method,
        case ranked.method
            when 'usage' then rules.driver
            when 'cost' then 'effective_cost'
            when 'fixed' then 'fixed_share'
            when 'even' then 'equal_parts'
        end as driver,
        ranked.seen_from,
        ranked.target_type,
        ranked.target,
        ranked.feature,
        ranked.product,
        ranked.team,
        ranked.cost_center,
        ranked.weight,
        ranked.quantity as driver_quantity,
        cast(sum(ranked.quantity) over (
            partition by ranked.pool_rule, ranked.charge_date, ranked.partition_value
        ) as {{ apportion.money() }}) as driver_total

    from ranked

    inner join pool_days
        on ranked.pool_rule = pool_days.pool_rule
        and ranked.charge_date = pool_days.charge_date
        and ranked.partition_value = pool_days.partition_value

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on ranked.pool_rule = rules.pool_rule

    where ranked.attempt = ranked.first_attempt

)

select * from final
