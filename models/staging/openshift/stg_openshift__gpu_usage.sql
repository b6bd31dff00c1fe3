{# Graphics processors that pods held. A slice of one (MIG) counts for its part: 2g of at most 7 slices are two sevenths. #}
{% set columns = [] %}
{% for column in ['cluster', 'packed_at', 'interval_start', 'node', 'namespace', 'pod', 'gpu_uuid', 'mig_profile', 'gpu_pod_uptime',
    'gpu_max_slices'] %}
    {% do columns.append([column, 'text']) %}
{% endfor %}
{% set slices = apportion.wide_integer() %}

with

raw_rows as (

    {{ apportion.raw_columns(
        source('raw_openshift', 'gpu_usage'),
        [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['mig_instance_id', 'text']] + columns
    ) }}

),

counted as (

    {{ apportion.newest_told('raw_rows', [
        'charge_date', 'cluster', 'interval_start', 'node', 'namespace', 'pod', 'gpu_uuid', 'mig_profile', 'mig_instance_id',
    ]) }}

),

typed as (

    select
        charge_date,
        cluster,
        {{ apportion.timestamp_of_text('interval_start') }} as interval_start,
        nullif(node, '') as node,
        namespace,
        pod,
        gpu_uuid,
        nullif(mig_instance_id, '') as mig_instance_id,
        coalesce(cast(gpu_pod_uptime as {{ apportion.money() }}), 0) as device_seconds,
        case
            when {{ apportion.regex_found('mig_profile', '^[0-9]g[.]') }} then cast(substr(mig_profile, 1, 1) as {{ slices }})
        end as slices,
        {#  Devices that do not tell have seven: all that NVIDIA slices do. #}
        coalesce({{ apportion.whole_units('cast(gpu_max_slices as ' ~ apportion.money() ~ ')') }}, 7) as max_slices
    from counted

),

final as (

    select
        charge_date,
        cluster,
        interval_start,
        node,
        namespace,
        pod,
        gpu_uuid,
        mig_instance_id,
        case
            when slices is null or slices >= max_slices then device_seconds
            else {{ apportion.product_of('device_seconds', 'part_of_device') }}
        end as device_seconds
    from (
        select
            typed.*,
            {{ apportion.ratio('cast(slices as ' ~ apportion.money() ~ ')', 'max_slices') }} as part_of_device
        from typed
    ) as sliced

)

select * from final
