with

raw_rows as (

    {{ apportion.raw_columns(source('raw_opencost', 'cluster_hours'), [
        ['charge_date', 'date'], ['cluster', 'text'], ['hours_seen', 'text'],
    ]) }}

),

final as (

    select
        charge_date,
        cluster,
        hours_seen
    from raw_rows

)

select * from final
