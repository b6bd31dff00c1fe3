{# Days on which a pool's own method leaves nothing and its fallback is carry_forward, and each day to look back to. #}
{{ config(materialized='table') }}

with

weighed as (

    select distinct
        found.pool_rule,
        found.charge_date,
        found.partition_value

    from {{ ref('int_allocation__own_weights') }} as found

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on found.pool_rule = rules.pool_rule
        and found.method = rules.method

),

bare as (

    select pool_days.*

    from {{ ref('int_allocation__pool_days') }} as pool_days

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on pool_days.pool_rule = rules.pool_rule
        and rules.fallback_method = 'carry_forward'

    left join weighed
        on pool_days.pool_rule = weighed.pool_rule
        and pool_days.charge_date = weighed.charge_date
        and pool_days.partition_value = weighed.partition_value

    where weighed.pool_rule is null

),

final as (

    select
        bare.pool,
        bare.pool_rule,
        bare.charge_date,
        bare.owned_from,
        bare.partition_value,
        dates.date_day as seen_from,
        days.owned_from as seen_owned_from,
        {{ apportion.window_from('rules', 'dates') }} as window_from,
        {{ apportion.window_until('rules', 'dates') }} as window_until

    from bare

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on bare.pool_rule = rules.pool_rule

    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day < bare.charge_date
        and dates.date_day >= {{ apportion.days_after('bare.charge_date', '-' ~ var('carry_forward_days')) }}

    inner join {{ ref('int_ownership__days') }} as days
        on dates.date_day = days.charge_date

)

select * from final
