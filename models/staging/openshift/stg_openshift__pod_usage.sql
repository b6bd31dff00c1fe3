{#
    What pods used and asked for. The operator packs a day again as it grows: of what several packages tell of one pod
    and hour, the newest counts.
#}
{% set names = ['cluster', 'packed_at', 'interval_start', 'interval_end', 'node', 'namespace', 'pod', 'node_role', 'resource_id',
    'controller_kind', 'controller', 'labels'] %}
{% set numbers = ['pod_usage_cpu_core_seconds', 'pod_request_cpu_core_seconds', 'pod_usage_memory_byte_seconds',
    'pod_request_memory_byte_seconds', 'node_capacity_cpu_core_seconds', 'node_capacity_memory_byte_seconds'] %}
{% set columns = [] %}
{% for column in names + numbers %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(
        source('raw_openshift', 'pod_usage'),
        [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] + columns
    ) }}

),

counted as (

    {{ apportion.newest_told('raw_rows', ['charge_date', 'cluster', 'interval_start', 'node', 'namespace', 'pod']) }}

),

final as (

    select
        charge_date,
        cluster,
        {{ apportion.timestamp_of_text('interval_start') }} as interval_start,
        {{ apportion.timestamp_of_text('interval_end') }} as interval_end,
        nullif(node, '') as node,
        namespace,
        pod,
        node_role,
        nullif(resource_id, '') as resource_id,
        controller_kind,
        controller,
        labels,
        {%- for column in numbers %}
        coalesce(cast({{ column }} as {{ apportion.money() }}), 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted

)

select * from final
