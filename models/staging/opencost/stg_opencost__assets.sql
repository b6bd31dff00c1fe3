{# What the nodes cost at OpenCost's prices, busy and idle together. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_opencost', 'assets'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['cluster', 'text'], ['node', 'text'], ['provider_id', 'text'],
        ['node_type', 'text'], ['minutes', 'text'], ['cpu_cost', 'text'], ['gpu_cost', 'text'], ['ram_cost', 'text'],
        ['adjustment', 'text'], ['total_cost', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        coalesce(cluster, '') as cluster,
        node,
        provider_id,
        node_type,
        cast(minutes as {{ apportion.money() }}) as minutes,
        'estimated' as cost_basis,
        coalesce(cast(cpu_cost as {{ apportion.money() }}), 0)
        + coalesce(cast(gpu_cost as {{ apportion.money() }}), 0)
        + coalesce(cast(ram_cost as {{ apportion.money() }}), 0)
        + coalesce(cast(adjustment as {{ apportion.money() }}), 0) as node_cost
    from raw_rows

)

select * from final
