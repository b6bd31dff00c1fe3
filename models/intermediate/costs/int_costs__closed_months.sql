with

final as (

    select
        cast({{ dbt.concat([apportion.trimmed('period'), "'-01'"]) }} as date) as month_start,
        max(closed_on) as closed_on
    from {{ ref('period_closes') }}
    group by cast({{ dbt.concat([apportion.trimmed('period'), "'-01'"]) }} as date)

)

select * from final
