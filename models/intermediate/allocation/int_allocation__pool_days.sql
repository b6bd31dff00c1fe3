{#
    When a pool divides cost, its own or another pool's, and the days whose weights divide it. Provisional is what
    later days of the month or a late report may still move; once the month is closed, nothing is.
#}
{{ config(materialized='table') }}

with

own_or_paid as (

    select
        shared_pool as pool,
        pool_rule,
        charge_date,
        owned_from,
        partition_value
    from {{ ref('int_allocation__pool_costs') }}
    where pool_rule > 0

    union all

    select
        pool,
        pool_rule,
        charge_date,
        owned_from,
        partition_value
    from {{ ref('int_allocation__flows') }}

),

pool_days as (

    select distinct * from own_or_paid

),

windows as (

    select
        pool_days.pool,
        pool_days.pool_rule,
        pool_days.charge_date,
        pool_days.owned_from,
        pool_days.partition_value,
        {{ apportion.window_from('rules', 'dates') }} as window_from,
        {{ apportion.window_until('rules', 'dates') }} as window_until,
        rules.weight_window,
        closed.month_start is not null as is_closed,
        case when rules.method = 'usage' then {{ apportion.normalised('rules.driver') }} end as driver

    from pool_days

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on pool_days.pool_rule = rules.pool_rule

    inner join {{ ref('dim_dates') }} as dates
        on pool_days.charge_date = dates.date_day

    left join {{ ref('int_costs__closed_months') }} as closed
        on dates.month_start = closed.month_start

),

open_windows as (

    select distinct
        windows.driver,
        windows.window_from,
        windows.window_until

    from (select distinct driver, window_from, window_until from windows) as windows

    inner join {{ ref('int_allocation__open_days') }} as open_days
        on windows.driver = open_days.driver
        and open_days.charge_date >= windows.window_from
        and open_days.charge_date <= windows.window_until

),

final as (

    select
        windows.pool,
        windows.pool_rule,
        windows.charge_date,
        windows.owned_from,
        windows.partition_value,
        windows.charge_date as seen_from,
        windows.owned_from as seen_owned_from,
        windows.window_from,
        windows.window_until,
        not windows.is_closed and (windows.weight_window = 'month' or open_windows.driver is not null) as is_provisional

    from windows

    left join open_windows
        on windows.driver = open_windows.driver
        and windows.window_from = open_windows.window_from
        and windows.window_until = open_windows.window_until

)

select * from final
