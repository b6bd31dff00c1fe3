{#
    Volumes of pods. A claim that several pods use has a row for each of them; a volume without a claim, one without a
    namespace.
#}
{% set names = ['cluster', 'packed_at', 'interval_start', 'interval_end', 'namespace', 'pod', 'persistentvolumeclaim',
    'persistentvolume', 'csi_volume_handle'] %}
{% set numbers = ['persistentvolumeclaim_capacity_byte_seconds', 'volume_request_storage_byte_seconds'] %}
{% set columns = [] %}
{% for column in names + numbers %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(
        source('raw_openshift', 'storage_usage'),
        [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] + columns
    ) }}

),

counted as (

    {{ apportion.newest_told('raw_rows', [
        'charge_date', 'cluster', 'interval_start', 'persistentvolume', 'persistentvolumeclaim', 'namespace', 'pod',
    ]) }}

),

final as (

    select
        charge_date,
        cluster,
        {{ apportion.timestamp_of_text('interval_start') }} as interval_start,
        {{ apportion.timestamp_of_text('interval_end') }} as interval_end,
        nullif(namespace, '') as namespace,
        nullif(pod, '') as pod,
        nullif(persistentvolumeclaim, '') as persistentvolumeclaim,
        persistentvolume,
        nullif(csi_volume_handle, '') as csi_volume_handle,
        {%- for column in numbers %}
        coalesce(cast({{ column }} as {{ apportion.money() }}), 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted

)

select * from final
