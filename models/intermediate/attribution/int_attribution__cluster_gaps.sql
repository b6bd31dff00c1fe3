{#
    Days that were read and on which a known cluster has no metrics at all. What its machines cost on such a day is
    unobserved; which machines are its own is known from other days.
#}
with

clusters as (

    select distinct cluster
    from {{ ref('stg_opencost__cluster_hours') }}

),

final as (

    select
        days_read.charge_date,
        clusters.cluster

    from {{ ref('stg_opencost__days_read') }} as days_read

    cross join clusters

    left join {{ ref('stg_opencost__cluster_hours') }} as seen
        on days_read.charge_date = seen.charge_date
        and clusters.cluster = seen.cluster

    where seen.cluster is null

)

select * from final
