{#
    The nodes of a day as bills know them, with the hours in which they were seen. Nodes of a cluster that its bill
    divides itself are marked, since nothing else may divide them.
#}
with

weights as (

    select * from {{ ref('int_attribution__node_weights') }}

),

by_node as (

    select
        telemetry_source,
        asset,
        charge_date,
        cluster,
        node,
        provider_id,
        node_key,
        node_set_key,
        is_told_before,
        max(idle_basis) as idle_basis,
        max(case when kind = 'idle' then 1 else 0 end) as has_idle,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        cast(sum(case when kind = 'workload' then node_cost else 0 end) as {{ apportion.money() }}) as workload_cost,
        cast(sum(case when kind = 'idle' then node_cost else 0 end) as {{ apportion.money() }}) as idle_cost
    from weights
    group by
        telemetry_source,
        asset,
        charge_date,
        cluster,
        node,
        provider_id,
        node_key,
        node_set_key,
        is_told_before

),

divided_by_bill as (

    select distinct
        by_node.telemetry_source,
        by_node.charge_date,
        by_node.cluster
    from by_node
    inner join (
        select distinct
            charge_date,
            {{ apportion.node_key('resource_id') }} as node_key
        from ({{ apportion.split_by_the_bill() }}) as lines_of_bills
    ) as divided
        on by_node.charge_date = divided.charge_date
        and by_node.node_key = divided.node_key

),

final as (

    select
        by_node.telemetry_source,
        by_node.asset,
        by_node.charge_date,
        by_node.cluster,
        by_node.node,
        by_node.provider_id,
        by_node.node_key,
        by_node.node_set_key,
        case
            when by_node.has_idle = 1 then by_node.idle_basis
            else 'not told'
        end as idle_basis,
        {{ apportion.hour_begun('by_node.started_at', 'by_node.charge_date') }} as first_hour,
        {{ apportion.hour_not_begun('by_node.ended_at', 'by_node.charge_date') }} as last_hour,
        by_node.workload_cost,
        by_node.idle_cost,
        divided_by_bill.cluster is not null as is_divided_by_bill,
        by_node.is_told_before

    from by_node

    left join divided_by_bill
        on by_node.telemetry_source = divided_by_bill.telemetry_source
        and by_node.charge_date = divided_by_bill.charge_date
        and by_node.cluster = divided_by_bill.cluster

)

select * from final
