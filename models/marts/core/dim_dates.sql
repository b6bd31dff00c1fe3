with

days as (

    {{ dbt.date_spine(
        datepart='day',
        start_date="cast('" ~ var('first_date') ~ "' as date)",
        end_date="cast('" ~ var('last_date') ~ "' as date)",
    ) }}

),

typed as (

    select cast(date_day as date) as date_day from days

),

final as (

    select
        date_day,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start,
        cast({{ dbt.date_trunc('quarter', 'date_day') }} as date) as quarter_start,
        cast({{ dbt.date_trunc('year', 'date_day') }} as date) as year_start,
        cast({{ dbt.last_day('date_day', 'month') }} as date) as month_end,
        extract(day from date_day) as day_of_month,
        extract(day from {{ dbt.last_day('date_day', 'month') }}) as days_in_month

    from typed

)

select * from final
