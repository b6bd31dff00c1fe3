{#
    Who gets how much of a pool's cost in the end. A pool whose targets are no pools: its weights as they are. A pool
    that may pay pools: for each pool through which its cost leaves, the targets of that one.
#}
{{ config(materialized='table') }}
{% set taken = ['allocation_method', 'driver', 'driver_quantity', 'driver_total', 'feature', 'product', 'team',
    'cost_center'] %}

with

weights as (

    select * from {{ ref('int_allocation__weights') }}

),

graph as (

    select * from {{ ref('int_allocation__pool_graph') }}

),

chains as (

    select * from {{ ref('int_allocation__pool_chains') }}

),

nodes as (

    select * from {{ ref('int_allocation__flows') }}

),

single as (

    select
        weights.pool_rule,
        weights.charge_date,
        weights.partition_value as flow,
        weights.pool as last_pool,
        {{ dbt.concat(['weights.pool', "' > '", 'weights.target']) }} as allocation_path,
        weights.is_provisional,
        weights.target_type,
        weights.target,
        {%- for column in taken %}
        weights.{{ column }},
        {%- endfor %}
        weights.weight

    from weights

    left join graph
        on weights.pool = graph.pool

    where not coalesce(graph.is_payer, false)

),

{#  What each pool gives to targets that are no pools. #}
given as (

    select
        nodes.charge_date,
        nodes.component,
        nodes.flow,
        nodes.pool,
        weights.target_type,
        weights.target,
        {%- for column in taken %}
        weights.{{ column }},
        {%- endfor %}
        shares.share_weight,
        cast(sum(shares.share_weight) over (
            partition by nodes.charge_date, nodes.component, nodes.flow, nodes.pool
        ) as {{ apportion.wide_integer() }}) as share_given

    from nodes

    inner join weights
        on nodes.pool_rule = weights.pool_rule
        and nodes.charge_date = weights.charge_date
        and nodes.partition_value = weights.partition_value

    inner join {{ ref('int_allocation__node_shares') }} as shares
        on weights.pool_rule = shares.pool_rule
        and weights.charge_date = shares.charge_date
        and weights.partition_value = shares.partition_value
        and weights.target_type = shares.target_type
        and weights.target = shares.target

    where weights.target_type <> 'pool'

),

chained as (

    select
        nodes.pool_rule,
        chains.charge_date,
        chains.flow,
        chains.last_pool,
        {{ dbt.concat(['chains.chain', "' > '", "coalesce(given.target, 'Unallocated')"]) }} as allocation_path,
        chains.is_provisional,
        coalesce(given.target_type, '') as target_type,
        coalesce(given.target, '') as target,
        {%- for column in taken %}
        given.{{ column }},
        {%- endfor %}
        case
            when given.target is null then chains.share
            else {{ apportion.integer_div('chains.share * given.share_weight', 'given.share_given') }}
        end as weight

    from chains

    inner join nodes
        on chains.charge_date = nodes.charge_date
        and chains.component = nodes.component
        and chains.flow = nodes.flow
        and chains.pool = nodes.pool

    left join given
        on chains.charge_date = given.charge_date
        and chains.component = given.component
        and chains.flow = given.flow
        and chains.last_pool = given.pool

),

final as (

    select * from single
    union all
    select * from chained
    where weight > 0

)

select * from final
