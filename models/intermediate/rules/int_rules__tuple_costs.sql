{#
    What tuples cost, lately and in all: every question about rules starts here, and none scans costs again. Days are
    counted back from the newest day of the bills; a charge spread over its period has days after it.
#}
{{ config(materialized='table') }}

with

loaded as (

    select coalesce(newest_day, {{ apportion.today() }}) as newest_day from {{ ref('int_costs__loaded_until') }}

),

days as (

    select
        tag_key,
        owned_from,
        charge_date,
        1 as charge_rows,
        effective_cost,
        abs(effective_cost) as absolute_effective_cost
    from {{ ref('int_costs__owned') }}

    union all

    select
        used.tag_key,
        days.owned_from,
        used.charge_date,
        0 as charge_rows,
        cast(0 as {{ apportion.money() }}) as effective_cost,
        cast(0 as {{ apportion.money() }}) as absolute_effective_cost
    from (select distinct tag_key, charge_date from {{ ref('int_usage__daily') }}) as used
    inner join {{ ref('int_ownership__days') }} as days
        on used.charge_date = days.charge_date

),

aged as (

    select
        days.*,
        loaded.newest_day,
        days.charge_date <= loaded.newest_day
        and days.charge_date > {{ apportion.days_after('loaded.newest_day', -30) }} as in_30_days,
        days.charge_date <= loaded.newest_day
        and days.charge_date > {{ apportion.days_after('loaded.newest_day', -90) }} as in_90_days

    from days

    cross join loaded

),

final as (

    select
        tag_key,
        owned_from as valid_from,
        sum(charge_rows) > 0 as has_charges,
        {%- for suffix, condition in [('_30_days', 'in_30_days'), ('_90_days', 'in_90_days'), ('', 'true')] %}
        {%- for cost in ['effective_cost', 'absolute_effective_cost'] %}
        cast(coalesce(sum(case when {{ condition }} then {{ cost }} end), 0) as {{ apportion.money() }})
            as {{ cost }}{{ suffix }},
        {%- endfor %}
        {%- endfor %}
        max(case when charge_date <= newest_day then charge_date end) as last_day

    from aged

    group by
        tag_key,
        owned_from

)

select * from final
