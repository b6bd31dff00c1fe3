{#
    Pool costs with the rule of their day. A pool without a rule on the day keeps its cost, Unallocated. `flow` says
    which costs of a pool and day are divided alike: those of one partition; where pools pay into pools, those whose
    attributes agree in everything by which any of these pools is partitioned.
#}
with

costs as (

    select * from {{ ref('int_costs__owned') }}
    where ownership = 'pool'

),

ruled as (

    select
        costs.*,
        coalesce(rules.pool_rule, 0) as pool_rule,
        {{ apportion.partition_value('rules.per', 'costs') }} as partition_value

    from costs

    left join {{ ref('int_allocation__rules_by_day') }} as rules
        on costs.shared_pool = rules.pool
        and costs.charge_date = rules.charge_date

),

final as (

    select
        ruled.*,
        {%- if apportion.graph_partitions() %}
        case
            when coalesce(graph.is_payer, false) then
                {%- for per in apportion.graph_partitions() %}
                coalesce(ruled.{{ apportion.partitions()[per] }}, ''){{ ' || chr(31) ||' if not loop.last }}
                {%- endfor %}
            else ruled.partition_value
        end as flow
        {%- else %}
        ruled.partition_value as flow
        {%- endif %}

    from ruled

    left join {{ ref('int_allocation__pool_graph') }} as graph
        on ruled.shared_pool = graph.pool

)

select * from final
