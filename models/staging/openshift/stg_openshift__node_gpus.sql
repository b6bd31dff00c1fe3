with

raw_rows as (

    {{ apportion.raw_columns(source('raw_openshift', 'node_gpus'), [
        ['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['packed_at', 'text'], ['cluster', 'text'],
        ['node', 'text'], ['gpu_count', 'bigint'],
    ]) }}

),

counted as (

    {{ apportion.newest_told('raw_rows', ['charge_date', 'cluster', 'node']) }}

),

final as (

    select
        charge_date,
        cluster,
        node,
        gpu_count
    from counted

)

select * from final
