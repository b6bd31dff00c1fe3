{#
    Weights of pools that pay each other as shares of 10^-18 which sum to all of it. Pools come last, so that a pool
    that pays only pools passes on everything.
#}
with

weights as (

    select
        weights.*,
        case when weights.target_type = 'pool' then 1 else 0 end as is_pool

    from {{ ref('int_allocation__weights') }} as weights

    inner join {{ ref('int_allocation__pool_graph') }} as graph
        on weights.pool = graph.pool

),

cut as (

    {{ apportion.shares_in_units(
        'weights', ['pool_rule', 'charge_date', 'partition_value'], ['is_pool', 'target_type', 'target']
    ) }}

),

final as (

    select
        pool_rule,
        charge_date,
        partition_value,
        target_type,
        target,
        is_provisional,
        share_units as share_weight
    from cut

)

select * from final
