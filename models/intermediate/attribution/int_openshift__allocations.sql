-- depends_on: {{ ref('int_charges__changed_days') }}
{#
    What the pods of a node weigh, and its idle rest, by the operator's reports. They tell seconds of cores and bytes and
    no prices: an hour of each weighs as vars.node_prices says.

    In each hour a pod weighs what it used or what it asked for, whichever is more, of cores and of memory; koku does
    the same and calls it effective usage. What all pods of the node leave of its capacity in that hour is idle, of cores and
    of memory apart: pods that use more than the node has between them leave nothing, and owe nothing to the next hour.
    Graphics processors weigh as long as a pod held them; what the node has, by its label, else by the devices seen that
    day, and nobody held, is idle.

    A volume whose driver tells its name in the cloud is divided like a node: what its claim asked for goes to the pods that
    use it, in equal parts, or to the claim itself where none does; the rest of its capacity is idle.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        pre_hook="{{ apportion.delete_changed_days(
            'x_source', 'charge_date', apportion.is_current_node_price(), may_have=apportion.is_source('openshift')
        ) }}",
    )
}}

{% set changed = ['x_source', apportion.is_current_node_price(), 'int_charges__changed_days', apportion.is_source('openshift')] %}
{% set hour = ['charge_date', 'interval_start', 'cluster', 'node'] %}
{% set workload = ['namespace', 'controller_kind', 'controller', 'labels'] %}
{% set measures = ['core_seconds', 'byte_seconds', 'device_seconds'] %}
{% set wide = apportion.wide_integer() %}
{% set money = apportion.money() %}
{% set text = dbt.type_string() %}

with

days as (

    {{ apportion.days_to_write(*changed) }}

),

own_days as (

    select
        charge_date,
        changed_at
    from days
    where provider = 'openshift'

),

pods as (

    select
        usage.charge_date,
        usage.interval_start,
        usage.interval_end,
        usage.cluster,
        usage.node,
        usage.pod,
        usage.resource_id,
        usage.namespace,
        usage.controller_kind,
        usage.controller,
        usage.labels,
        greatest(usage.pod_usage_cpu_core_seconds, usage.pod_request_cpu_core_seconds) as core_seconds,
        greatest(usage.pod_usage_memory_byte_seconds, usage.pod_request_memory_byte_seconds) as byte_seconds,
        usage.node_capacity_cpu_core_seconds,
        usage.node_capacity_memory_byte_seconds
    from {{ ref('stg_openshift__pod_usage') }} as usage
    inner join own_days
        on usage.charge_date = own_days.charge_date
    where usage.node is not null
        and {{ apportion.on_days_to_write('usage.charge_date', *changed) }}

),

nodes as (

    select
        {{ hour | join(',
        ') }},
        max(interval_end) as interval_end,
        max(resource_id) as resource_id,
        max(node_capacity_cpu_core_seconds) as core_seconds,
        max(node_capacity_memory_byte_seconds) as byte_seconds
    from pods
    group by
        {{ hour | join(',
        ') }}

),

devices as (

    select
        usage.charge_date,
        usage.interval_start,
        usage.cluster,
        usage.node,
        usage.namespace,
        usage.pod,
        usage.gpu_uuid,
        usage.device_seconds
    from {{ ref('stg_openshift__gpu_usage') }} as usage
    inner join own_days
        on usage.charge_date = own_days.charge_date
    where usage.node is not null
        and {{ apportion.on_days_to_write('usage.charge_date', *changed) }}

),

{#  A node whose label nobody reported has as many as were seen on it. #}
device_counts as (

    select
        nodes_of_day.charge_date,
        nodes_of_day.cluster,
        nodes_of_day.node,
        coalesce(labelled.gpu_count, seen.gpu_count, 0) as gpu_count

    from (
        select distinct
            charge_date,
            cluster,
            node
        from nodes
    ) as nodes_of_day

    left join {{ ref('stg_openshift__node_gpus') }} as labelled
        on nodes_of_day.charge_date = labelled.charge_date
        and nodes_of_day.cluster = labelled.cluster
        and nodes_of_day.node = labelled.node

    left join (
        select
            charge_date,
            cluster,
            node,
            count(distinct gpu_uuid) as gpu_count
        from devices
        group by
            charge_date,
            cluster,
            node
    ) as seen
        on nodes_of_day.charge_date = seen.charge_date
        and nodes_of_day.cluster = seen.cluster
        and nodes_of_day.node = seen.node

),

capacity as (

    select
        nodes.*,
        {#  Of devices nobody tells how long the node had them: an hour counts whole. #}
        cast(3600 * device_counts.gpu_count as {{ money }}) as device_seconds
    from nodes
    inner join device_counts
        on nodes.charge_date = device_counts.charge_date
        and nodes.cluster = device_counts.cluster
        and nodes.node = device_counts.node

),

{#  A pod without a row of its own that holds a device is a workload all the same. #}
used as (

    select
        {{ hour | join(',
        ') }},
        interval_end,
        pod,
        {{ workload | join(',
        ') }},
        core_seconds,
        byte_seconds,
        cast(0 as {{ money }}) as device_seconds
    from pods

    union all

    select
        {% for column in hour -%}
        devices.{{ column }},
        {% endfor -%}
        nodes.interval_end,
        devices.pod,
        devices.namespace,
        coalesce(pods.controller_kind, 'pod') as controller_kind,
        coalesce(pods.controller, devices.pod) as controller,
        pods.labels,
        cast(0 as {{ money }}) as core_seconds,
        cast(0 as {{ money }}) as byte_seconds,
        devices.device_seconds
    from devices
    inner join nodes
        on {% for column in hour -%}
        {{ 'and ' if not loop.first }}devices.{{ column }} = nodes.{{ column }}
        {% endfor %}
    left join pods
        on {% for column in hour + ['namespace', 'pod'] -%}
        {{ 'and ' if not loop.first }}devices.{{ column }} = pods.{{ column }}
        {% endfor %}
),

taken as (

    select
        {{ hour | join(',
        ') }},
        {%- for measure in measures %}
        cast(sum({{ measure }}) as {{ money }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from used
    group by
        {{ hour | join(',
        ') }}

),

{#  The labels of a namespace hold for its pods, where they have none of that name. #}
label_pairs as (

    select distinct
        charge_date,
        cluster,
        namespace,
        labels
    from used

),

namespace_labels as (

    select
        charge_date,
        cluster,
        namespace,
        label,
        {{ apportion.json_quoted('label') }} || ':' as member_start,
        {{ apportion.json_quoted('label') }} || ':' || {{ apportion.json_quoted('value') }} as member
    from {{ ref('stg_openshift__namespace_labels') }}

),

inherited as (

    select
        label_pairs.charge_date,
        label_pairs.cluster,
        label_pairs.namespace,
        label_pairs.labels,
        {{ dbt.listagg('told.member', "','", 'order by told.label') }} as members
    from label_pairs
    inner join namespace_labels as told
        on label_pairs.charge_date = told.charge_date
        and label_pairs.cluster = told.cluster
        and label_pairs.namespace = told.namespace
        and coalesce({{ dbt.position('told.member_start', 'label_pairs.labels') }}, 0) = 0
    group by
        label_pairs.charge_date,
        label_pairs.cluster,
        label_pairs.namespace,
        label_pairs.labels

),

labelled as (

    select
        used.charge_date,
        used.cluster,
        used.node,
        used.namespace,
        used.controller_kind,
        used.controller,
        case
            when inherited.members is null then used.labels
            when used.labels is null then '{' || inherited.members || '}'
            else {{ apportion.regex_replaced('used.labels', '[}]$', '') }} || ',' || inherited.members || '}'
        end as labels,
        used.interval_start,
        used.interval_end,
        used.pod,
        {{ measures | join(',
        ') }}
    from used
    left join inherited
        on used.charge_date = inherited.charge_date
        and used.cluster = inherited.cluster
        and used.namespace = inherited.namespace
        and coalesce(used.labels, '') = coalesce(inherited.labels, '')

),

by_hour as (

    select
        'workload' as kind,
        charge_date,
        cluster,
        node,
        {{ workload | join(',
        ') }},
        interval_start,
        interval_end,
        {{ measures | join(',
        ') }}
    from labelled

    union all

    select
        'idle' as kind,
        capacity.charge_date,
        capacity.cluster,
        capacity.node,
        {%- for column in workload %}
        cast(null as {{ text }}) as {{ column }},
        {%- endfor %}
        capacity.interval_start,
        capacity.interval_end,
        {%- for measure in measures %}
        cast(greatest(capacity.{{ measure }} - taken.{{ measure }}, 0) as {{ money }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from capacity
    inner join taken
        on {% for column in hour -%}
        {{ 'and ' if not loop.first }}capacity.{{ column }} = taken.{{ column }}
        {% endfor %}
),

by_day as (

    select
        kind,
        charge_date,
        cluster,
        node,
        {{ workload | join(',
        ') }},
        min(interval_start) as started_at,
        max(interval_end) as ended_at,
        {%- for measure in measures %}
        cast(sum({{ measure }}) as {{ money }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from by_hour
    group by
        kind,
        charge_date,
        cluster,
        node,
        {{ workload | join(',
        ') }}

),

{#  Hours of a core, of a GiB and of a device. Bytes are cut to MiB first: their seconds would pass what can be divided. #}
in_hours as (

    select
        by_day.*,
        {{ apportion.ratio('core_seconds', 3600) }} as core_hours,
        {{ apportion.ratio('cast(mib_seconds as ' ~ money ~ ')', 3600 * 1024) }} as gib_hours,
        {{ apportion.ratio('device_seconds', 3600) }} as device_hours
    from (
        select
            by_day.*,
            {{ apportion.integer_div(apportion.whole_units('byte_seconds'), 'cast(1048576 as ' ~ wide ~ ')') }} as mib_seconds
        from by_day
    ) as by_day

),

machines as (

    select
        charge_date,
        cluster,
        node,
        max(resource_id) as resource_id
    from nodes
    group by
        charge_date,
        cluster,
        node

),

{#  MiB-seconds of each volume and hour; a claim of several pods is told once for each, so each tells its part. #}
volume_hours as (

    select
        volumes.charge_date,
        volumes.interval_start,
        volumes.interval_end,
        volumes.cluster,
        volumes.persistentvolume,
        volumes.csi_volume_handle,
        volumes.persistentvolumeclaim,
        volumes.namespace,
        volumes.pod,
        {{ apportion.integer_div(apportion.whole_units('volumes.capacity'), 'volumes.tellings') }} as capacity,
        {{ apportion.integer_div(
            apportion.whole_units('case when volumes.claimed > volumes.capacity then volumes.capacity else volumes.claimed end'),
            'volumes.tellings'
        ) }} as claimed
    from (
        select
            usage.*,
            usage.persistentvolumeclaim_capacity_byte_seconds as capacity,
            case
                when usage.persistentvolumeclaim is null then 0 else usage.volume_request_storage_byte_seconds
            end as claimed,
            1048576 * cast(count(*) over (
                partition by usage.charge_date, usage.interval_start, usage.cluster, usage.persistentvolume
            ) as {{ wide }}) as tellings
        from {{ ref('stg_openshift__storage_usage') }} as usage
        inner join own_days
            on usage.charge_date = own_days.charge_date
        where usage.csi_volume_handle is not null
            and {{ apportion.on_days_to_write('usage.charge_date', *changed) }}
    ) as volumes

),

pod_owners as (

    select distinct
        charge_date,
        interval_start,
        cluster,
        pod,
        {{ workload | join(',
        ') }}
    from labelled

),

volume_rows as (

    select
        'workload' as kind,
        volume_hours.charge_date,
        volume_hours.interval_start,
        volume_hours.interval_end,
        volume_hours.cluster,
        volume_hours.persistentvolume,
        volume_hours.csi_volume_handle,
        volume_hours.namespace,
        coalesce(
            pod_owners.controller_kind, case when volume_hours.pod is null then 'persistentvolumeclaim' else 'pod' end
        ) as controller_kind,
        coalesce(pod_owners.controller, volume_hours.pod, volume_hours.persistentvolumeclaim) as controller,
        pod_owners.labels,
        volume_hours.claimed as mib_seconds
    from volume_hours
    left join pod_owners
        on volume_hours.charge_date = pod_owners.charge_date
        and volume_hours.interval_start = pod_owners.interval_start
        and volume_hours.cluster = pod_owners.cluster
        and volume_hours.namespace = pod_owners.namespace
        and volume_hours.pod = pod_owners.pod
    where volume_hours.persistentvolumeclaim is not null

    union all

    select
        'idle' as kind,
        charge_date,
        interval_start,
        interval_end,
        cluster,
        persistentvolume,
        csi_volume_handle,
        {%- for column in workload %}
        cast(null as {{ text }}) as {{ column }},
        {%- endfor %}
        capacity - claimed as mib_seconds
    from volume_hours

),

volumes as (

    select
        kind,
        charge_date,
        cluster,
        persistentvolume,
        csi_volume_handle,
        {{ workload | join(',
        ') }},
        min(interval_start) as started_at,
        max(interval_end) as ended_at,
        {{ apportion.ratio('cast(sum(mib_seconds) as ' ~ money ~ ')', 3600 * 1024) }} as gib_hours
    from volume_rows
    group by
        kind,
        charge_date,
        cluster,
        persistentvolume,
        csi_volume_handle,
        {{ workload | join(',
        ') }}

),

weighed as (

    select
        'node' as asset,
        in_hours.charge_date,
        in_hours.cluster,
        in_hours.node,
        machines.resource_id as provider_id,
        in_hours.kind,
        in_hours.namespace,
        in_hours.controller_kind,
        in_hours.controller,
        in_hours.labels,
        in_hours.started_at,
        in_hours.ended_at,
        cast(
            {{ apportion.product_of('in_hours.core_hours', apportion.node_price('core_hour')) }}
            + {{ apportion.product_of('in_hours.gib_hours', apportion.node_price('gib_hour')) }}
            + {{ apportion.product_of('in_hours.device_hours', apportion.node_price('gpu_hour')) }}
        as {{ money }}) as node_cost

    from in_hours

    inner join machines
        on in_hours.charge_date = machines.charge_date
        and in_hours.cluster = machines.cluster
        and in_hours.node = machines.node

    union all

    select
        'volume' as asset,
        charge_date,
        cluster,
        persistentvolume as node,
        csi_volume_handle as provider_id,
        kind,
        {{ workload | join(',
        ') }},
        started_at,
        ended_at,
        {{ apportion.product_of('gib_hours', apportion.node_price('storage_gib_hour')) }} as node_cost
    from volumes

),

final as (

    select
        'openshift' as x_source,
        weighed.asset,
        weighed.charge_date,
        weighed.cluster,
        weighed.node,
        weighed.provider_id,
        weighed.kind,
        'idle rows' as idle_basis,
        {% for column in workload -%}
        weighed.{{ column }},
        {% endfor -%}
        weighed.started_at,
        weighed.ended_at,
        weighed.node_cost,
        '{{ apportion.node_price_version() }}' as price_version,
        own_days.changed_at as x_changed_at
    from weighed
    inner join own_days
        on weighed.charge_date = own_days.charge_date

)

select * from final
