{# Days whose hours the API was asked for: where such a day has no hours of a cluster, nothing was measured. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_opencost', 'load_log'), [
        ['table_name', 'text'], ['charge_date', 'date'], ['_dlt_load_id', 'text'],
    ]) }}

),

loads as (

    {{ apportion.raw_columns(source('raw_opencost', '_dlt_loads'), [['load_id', 'text']]) }}

),

final as (

    select distinct raw_rows.charge_date
    from raw_rows
    inner join loads
        on raw_rows._dlt_load_id = loads.load_id
    where raw_rows.table_name = 'cluster_hours'

)

select * from final
