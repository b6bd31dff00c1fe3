{#
    Where pools pay into pools: each kind of cost that may flow through them, and the partition in which each pool
    of the group divides it.
#}
{{ config(materialized='table') }}
{% set kept = [] %}
{% for per in apportion.graph_partitions() %}
    {% do kept.append(apportion.partitions()[per]) %}
{% endfor %}

with

flows as (

    select distinct
        costs.charge_date,
        graph.component,
        costs.flow,
        {%- for column in apportion.partition_columns() %}
        {{ 'costs.' ~ column if column in kept else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}

    from {{ ref('int_allocation__pool_costs') }} as costs

    inner join {{ ref('int_allocation__pool_graph') }} as graph
        on costs.shared_pool = graph.pool

    where graph.is_payer and costs.pool_rule > 0

),

final as (

    select distinct
        flows.charge_date,
        flows.component,
        flows.flow,
        rules.pool,
        rules.pool_rule,
        rules.owned_from,
        {{ apportion.partition_value('rules.per', 'flows') }} as partition_value,
        members.is_payer,
        members.place

    from flows

    inner join {{ ref('int_allocation__pool_graph') }} as members
        on flows.component = members.component

    inner join {{ ref('int_allocation__rules_by_day') }} as rules
        on members.pool = rules.pool
        and flows.charge_date = rules.charge_date

)

select * from final
