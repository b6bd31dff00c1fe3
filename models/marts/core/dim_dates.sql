with

days as (

    {{ apportion.calendar_days(var('first_date'), var('last_date')) }}

),

final as (

    select
        date_day,
        {{ apportion.period_start('month', 'date_day') }} as month_start,
        {{ apportion.period_start('quarter', 'date_day') }} as quarter_start,
        {{ apportion.period_start('year', 'date_day') }} as year_start,
        cast({{ dbt.last_day('date_day', 'month') }} as date) as month_end,
        extract(day from date_day) as day_of_month,
        extract(day from {{ dbt.last_day('date_day', 'month') }}) as days_in_month

    from days

)

select * from final
