{# Redis Cloud ships FOCUS: one mapping with the files of source focus. #}
with

final as (

    {{ apportion.focus_charges(ref('stg_redis_cloud__cost_and_usage'), 'redis_cloud', provider='Redis') }}

)

select * from final
