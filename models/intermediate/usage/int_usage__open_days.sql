{#
    Days of which a provider that reports usage has not reported all yet: never read, or read before the day was
    over. A source that stopped more than 35 days before the newest one has ended, not lagged.
#}
with

days_read as (

    select * from {{ ref('int_usage__days_read') }}

),

reporting as (

    select
        days_read.provider,
        min(days_read.charge_date) as first_day

    from days_read

    cross join {{ ref('int_costs__loaded_until') }} as loaded

    group by days_read.provider, loaded.newest_day
    having max(days_read.charge_date) >= {{ apportion.days_after('loaded.newest_day', -35) }}

),

final as (

    select distinct dates.date_day as charge_date

    from {{ ref('dim_dates') }} as dates

    inner join reporting
        on dates.date_day >= reporting.first_day

    left join days_read
        on reporting.provider = days_read.provider
        and dates.date_day = days_read.charge_date
        and days_read.usage_read_at >= cast({{ apportion.days_after('dates.date_day', 1) }} as {{ dbt.type_timestamp() }})

    where days_read.charge_date is null

)

select * from final
