{#
    Weights of pools that pay each other as shares of 10^-18 which sum to all of it: the same cut as in the split.
    Pools last, so that a pool that pays only pools passes on everything.
#}
with

weights as (

    select weights.*

    from {{ ref('int_allocation__weights') }} as weights

    inner join {{ ref('int_allocation__pool_graph') }} as graph
        on weights.pool = graph.pool

),

running as (

    select
        weights.*,
        cast(sum(weight) over (
            partition by pool_rule, charge_date, partition_value
        ) as {{ apportion.wide_integer() }}) as total_weight,
        cast(sum(weight) over (
            partition by pool_rule, charge_date, partition_value
            order by case when target_type = 'pool' then 1 else 0 end, target_type, target
            rows between unbounded preceding and current row
        ) as {{ apportion.wide_integer() }}) as running_weight
    from weights

),

final as (

    select
        pool_rule,
        charge_date,
        partition_value,
        target_type,
        target,
        is_provisional,
        {{ apportion.share_of('running_weight', 'total_weight') }}
        - {{ apportion.share_of('running_weight - weight', 'total_weight') }} as share_weight
    from running

)

select * from final
