{#
    Days that were read and of which a known cluster tells nothing at all. What its machines cost on such a day is
    unobserved; which machines are its own is known from other days.
#}
with

clusters as (

    select distinct
        telemetry_source,
        cluster
    from {{ ref('int_attribution__cluster_hours') }}

),

days_read as (

    {{ apportion.union_node_sources('stg', 'days_read', ['charge_date']) }}

),

final as (

    select
        clusters.telemetry_source,
        days_read.charge_date,
        clusters.cluster

    from days_read

    inner join clusters
        on days_read.telemetry_source = clusters.telemetry_source

    left join {{ ref('int_attribution__cluster_hours') }} as seen
        on days_read.telemetry_source = seen.telemetry_source
        and days_read.charge_date = seen.charge_date
        and clusters.cluster = seen.cluster

    where seen.cluster is null

)

select * from final
