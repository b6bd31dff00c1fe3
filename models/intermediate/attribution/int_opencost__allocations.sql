{#
    What the workloads of a node weigh, and its idle rest, as OpenCost tells it: their cost of processors, graphics
    processors and memory at its prices. Of an idle rest that is not told, the price of the node less its workloads is one.

    OpenCost costs a shared graphics processor by request. Where it tells how much each workload used it, that decides:
    the workloads on a shared device divide what all of them were costed.
#}
with

allocations as (

    select *
    from {{ ref('stg_opencost__allocations') }}
    where node is not null

),

assets as (

    select
        charge_date,
        cluster,
        node,
        max(provider_id) as provider_id,
        cast(sum(node_cost) as {{ apportion.money() }}) as node_cost
    from {{ ref('stg_opencost__assets') }}
    group by
        charge_date,
        cluster,
        node

),

{#  Some rows do not carry the id that others of the node do. #}
provider_ids as (

    select
        charge_date,
        cluster,
        node,
        max(provider_id) as provider_id
    from (
        select
            charge_date,
            cluster,
            node,
            provider_id
        from allocations
        union all
        select
            charge_date,
            cluster,
            node,
            provider_id
        from assets
    ) as told
    group by
        charge_date,
        cluster,
        node

),

identified as (

    select
        allocations.allocation_id,
        allocations.charge_date,
        allocations.cluster,
        allocations.node,
        coalesce(allocations.provider_id, provider_ids.provider_id) as provider_id,
        allocations.namespace,
        allocations.controller_kind,
        allocations.controller,
        allocations.labels,
        allocations.started_at,
        allocations.ended_at,
        allocations.is_idle,
        allocations.is_gpu_shared,
        allocations.gpu_usage_average,
        allocations.minutes,
        allocations.cpu_cost,
        allocations.gpu_cost,
        allocations.ram_cost

    from allocations

    inner join provider_ids
        on allocations.charge_date = provider_ids.charge_date
        and allocations.cluster = provider_ids.cluster
        and allocations.node = provider_ids.node

),

{#  Only where the use of all that share is known: half of the truth would charge those who are measured. #}
shared_devices as (

    select
        charge_date,
        cluster,
        node,
        cast(sum(gpu_cost) as {{ apportion.money() }}) as gpu_cost
    from identified
    where is_gpu_shared and not is_idle
    group by
        charge_date,
        cluster,
        node
    having sum(case when gpu_usage_average is null or minutes is null then 1 else 0 end) = 0
        and sum(gpu_usage_average) > 0

),

device_use as (

    select
        charge_date,
        cluster,
        node,
        allocation_id,
        {{ apportion.weight_of('gpu_usage_average') }} * {{ apportion.whole_units('minutes') }} as weight
    from identified
    where is_gpu_shared and not is_idle and gpu_usage_average > 0 and minutes >= 1

),

device_costs as (

    {{ apportion.allocate_proportionally(
        amounts='shared_devices', drivers='device_use', partition_by=['charge_date', 'cluster', 'node'], weight='weight',
        order_by=['allocation_id'], amount_columns=['gpu_cost'], targets=['allocation_id'],
    ) }}

),

devices as (

    select
        allocation_id,
        gpu_cost
    from device_costs
    where allocation_id is not null

),

told as (

    select
        identified.*,
        case
            when shared_devices.node is not null and identified.is_gpu_shared and not identified.is_idle
                then coalesce(devices.gpu_cost, 0)
            else identified.gpu_cost
        end as device_cost

    from identified

    left join shared_devices
        on identified.charge_date = shared_devices.charge_date
        and identified.cluster = shared_devices.cluster
        and identified.node = shared_devices.node

    left join devices
        on identified.allocation_id = devices.allocation_id

),

weighed as (

    select
        charge_date,
        cluster,
        node,
        provider_id,
        case when is_idle then 'idle' else 'workload' end as kind,
        'idle rows' as idle_basis,
        namespace,
        controller_kind,
        controller,
        labels,
        started_at,
        ended_at,
        {#  An adjustment can pass what it adjusts: less than nothing is nothing. #}
        cast(greatest(cpu_cost + device_cost + ram_cost, 0) as {{ apportion.money() }}) as node_cost
    from told

),

by_node as (

    select
        charge_date,
        cluster,
        node,
        max(case when kind = 'idle' then 1 else 0 end) as has_idle,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        cast(sum(node_cost) as {{ apportion.money() }}) as node_cost
    from weighed
    group by
        charge_date,
        cluster,
        node

),

from_assets as (

    select
        assets.charge_date,
        assets.cluster,
        assets.node,
        provider_ids.provider_id,
        'idle' as kind,
        'price of the node' as idle_basis,
        by_node.started_at,
        by_node.ended_at,
        cast(
            greatest(assets.node_cost - coalesce(by_node.node_cost, 0), 0)
        as {{ apportion.money() }}) as node_cost

    from assets

    inner join provider_ids
        on assets.charge_date = provider_ids.charge_date
        and assets.cluster = provider_ids.cluster
        and assets.node = provider_ids.node

    left join by_node
        on assets.charge_date = by_node.charge_date
        and assets.cluster = by_node.cluster
        and assets.node = by_node.node

    where coalesce(by_node.has_idle, 0) = 0

),

final as (

    select
        'node' as asset,
        charge_date,
        cluster,
        node,
        provider_id,
        kind,
        idle_basis,
        namespace,
        controller_kind,
        controller,
        labels,
        started_at,
        ended_at,
        node_cost
    from weighed

    union all

    select
        'node' as asset,
        charge_date,
        cluster,
        node,
        provider_id,
        kind,
        idle_basis,
        cast(null as {{ dbt.type_string() }}) as namespace,
        cast(null as {{ dbt.type_string() }}) as controller_kind,
        cast(null as {{ dbt.type_string() }}) as controller,
        cast(null as {{ dbt.type_string() }}) as labels,
        started_at,
        ended_at,
        node_cost
    from from_assets

)

select * from final
