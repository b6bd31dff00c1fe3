{# Days that the reports reach over: one of them without pods of a cluster was not reported, and is unobserved. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_openshift', 'load_log'), [
        ['table_name', 'text'], ['charge_date', 'date'], ['_dlt_load_id', 'text'],
    ]) }}

),

loads as (

    {{ apportion.raw_columns(source('raw_openshift', '_dlt_loads'), [['load_id', 'text']]) }}

),

final as (

    select distinct raw_rows.charge_date
    from raw_rows
    inner join loads
        on raw_rows._dlt_load_id = loads.load_id
    where raw_rows.table_name = 'pod_usage'

)

select * from final
