with

final as (

    {{ apportion.focus_lines(
        source('raw_redis_cloud', 'cost_and_usage'), dbt.concat(["'redis_cloud:'", 'line_id']), keys=[['line_id', 'text']]
    ) }}

)

select * from final
