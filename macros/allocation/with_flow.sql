{#
    Rows in pools with the pool rule of their day (0 where there is none) and their flow, as a select. `flow` says
    which costs of a pool and day are divided alike: those of one partition; where pools pay into pools, those that
    agree in every attribute by which any of these pools is partitioned.
    rows   relation: charge_date, shared_pool and partition_columns()
#}
{% macro with_flow(rows) %}
    {%- set graph_partitions = apportion.graph_partitions() %}
    select
        ruled.*,
        {%- if graph_partitions %}
        case
            when coalesce(graph.is_payer, false) then
                {%- for per in graph_partitions %}
                coalesce(ruled.{{ apportion.partitions()[per] }}, ''){{ ' || chr(31) ||' if not loop.last }}
                {%- endfor %}
            else ruled.partition_value
        end as flow
        {%- else %}
        case when coalesce(graph.is_payer, false) then '' else ruled.partition_value end as flow
        {%- endif %}

    from (

        select
            rows_in_pools.*,
            coalesce(rules.pool_rule, 0) as pool_rule,
            {{ apportion.partition_value('rules.per', 'rows_in_pools') }} as partition_value

        from {{ rows }} as rows_in_pools

        left join {{ ref('int_allocation__rules_by_day') }} as rules
            on rows_in_pools.shared_pool = rules.pool
            and rows_in_pools.charge_date = rules.charge_date

    ) as ruled

    left join {{ ref('int_allocation__pool_graph') }} as graph
        on ruled.shared_pool = graph.pool
{% endmacro %}
