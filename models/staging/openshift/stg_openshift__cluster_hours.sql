{# Hours of which the operator reported any pod: it always runs some itself. #}
with

final as (

    select
        charge_date,
        cluster,
        {%- for hour in range(24) %}
        {{ '|| ' if not loop.first }}max(case when extract(hour from interval_start) = {{ hour }} then '1' else '0' end)
        {%- endfor %} as hours_seen
    from {{ ref('stg_openshift__pod_usage') }}
    group by
        charge_date,
        cluster

)

select * from final
