{# Days whose hours the API was asked for: where such a day has no hours of a cluster, nothing was measured. #}
with

final as (

    {{ apportion.changed_days('opencost', tables=['cluster_hours']) }}

)

select charge_date from final
