{#
    The state of each day of each table, from its first day to its last. Snapshots have no days to miss and are left out.
      open     the next load reads it again, it was read before it was over, or its month's files may still be corrected
      final    everything else that was read
      missing  never read; between files, a month of which nothing was read. A gap within a month of files is a day on
               which nothing happened, and final as the month is
#}
{% set next_month = dbt.dateadd('month', 1, apportion.period_start('month', 'days.charge_date')) %}

with

reads as (

    select * from {{ ref('int_completeness__reads') }}
    where read_as <> 'snapshot'

),

tables as (

    select
        provider,
        table_name,
        min(charge_date) as first_day,
        max(charge_date) as last_day,
        max(read_as) as read_as,
        max(restated_days) as restated_days
    from reads
    group by provider, table_name

),

months as (

    select
        provider,
        table_name,
        {{ apportion.period_start('month', 'charge_date') }} as month_start,
        max(read_at) as read_at
    from reads
    group by provider, table_name, {{ apportion.period_start('month', 'charge_date') }}

),

days as (

    select
        tables.provider,
        tables.table_name,
        dates.date_day as charge_date,
        tables.last_day,
        tables.read_as,
        tables.restated_days

    from tables

    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day >= tables.first_day
        and dates.date_day <= tables.last_day

),

known as (

    select
        days.*,
        case when days.read_as = 'files' then coalesce(reads.read_at, months.read_at) else reads.read_at end as read_at

    from days

    left join reads
        on days.provider = reads.provider
        and days.table_name = reads.table_name
        and days.charge_date = reads.charge_date

    left join months
        on days.provider = months.provider
        and days.table_name = months.table_name
        and {{ apportion.period_start('month', 'days.charge_date') }} = months.month_start

),

final as (

    select
        days.provider,
        days.table_name,
        days.charge_date,
        days.read_at,
        case
            when days.read_at is null then 'missing'
            when days.read_as = 'files'
                and cast(days.read_at as date)
                < {{ apportion.days_after('cast(' ~ next_month ~ ' as date)', var('bill_final_after_days')) }}
                then 'open'
            when days.read_as = 'days'
                and days.charge_date >= {{ dbt.dateadd('day', '-1 * days.restated_days', 'days.last_day') }}
                and days.restated_days > 0
                then 'open'
            when cast(days.read_at as date) <= days.charge_date then 'open'
            else 'final'
        end as day_status
    from known as days

)

select * from final
