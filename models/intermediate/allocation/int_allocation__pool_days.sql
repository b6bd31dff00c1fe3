{# When a pool has cost, and the days whose weights divide it. #}
{{ config(materialized='table') }}

with

pool_days as (

    select distinct
        shared_pool as pool,
        pool_rule,
        charge_date,
        owned_from,
        partition_value
    from {{ ref('int_allocation__pool_costs') }}
    where pool_rule > 0

),

final as (

    select
        pool_days.pool,
        pool_days.pool_rule,
        pool_days.charge_date,
        pool_days.owned_from,
        pool_days.partition_value,
        case rules.weight_window
            when 'month' then dates.month_start
            else pool_days.charge_date
        end as window_from,
        case rules.weight_window
            when 'month' then dates.month_end
            else pool_days.charge_date
        end as window_until,
        rules.weight_window = 'month' as is_provisional

    from pool_days

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on pool_days.pool_rule = rules.pool_rule

    inner join {{ ref('dim_dates') }} as dates
        on pool_days.charge_date = dates.date_day

)

select * from final
