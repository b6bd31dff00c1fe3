with

final as (

    select distinct cast({{ dbt.concat([apportion.trimmed('period'), "'-01'"]) }} as date) as month_start
    from {{ ref('period_closes') }}

)

select * from final
