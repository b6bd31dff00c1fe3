with

raw_rows as (

    {{ apportion.raw_columns(source('raw_openshift', 'namespace_labels'), [
        ['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['packed_at', 'text'], ['cluster', 'text'],
        ['namespace', 'text'], ['label', 'text'], ['value', 'text'],
    ]) }}

),

counted as (

    {{ apportion.newest_told('raw_rows', ['charge_date', 'cluster', 'namespace', 'label']) }}

),

final as (

    select
        charge_date,
        cluster,
        namespace,
        label,
        value
    from counted

)

select * from final
