{#
    Every node that a cluster told of, with the bill lines it met. What has no line costs nothing here: it is a label on a
    node, and no money. What a source thinks a node cost stands beside what was billed and is never added to it. A machine
    that two sources tell of is divided by the first of them; the row of the other says so.
#}
with

nodes as (

    select * from {{ ref('int_attribution__nodes') }}

),

bill_keys as (

    select
        charge_date,
        bill_key,
        count(distinct x_charge_id) as bill_lines,
        cast(sum(billed_cost) as {{ apportion.money() }}) as billed_cost,
        cast(sum(effective_cost) as {{ apportion.money() }}) as effective_cost,
        {%- for level in ['workload', 'idle', 'unobserved'] %}
        cast(sum(case when attribution_level = '{{ level }}' then effective_cost else 0 end) as {{ apportion.money() }})
            as {{ level }}_cost{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_attributed_charges') }}
    where attribution_level in ('workload', 'idle', 'unobserved')
    group by
        charge_date,
        bill_key

),

{#  Two clusters or sources may tell of one machine: its cost stands on the first of them. #}
numbered as (

    select
        nodes.*,
        row_number() over (partition by charge_date, node_key order by is_told_before, cluster, node, provider_id) as telling
    from nodes

),

final as (

    select
        nodes.telemetry_source,
        nodes.asset,
        nodes.charge_date,
        nodes.cluster,
        nodes.node,
        nodes.provider_id,
        nodes.node_key,
        case
            when nodes.node_key is null then 'no provider id'
            when nodes.is_told_before then 'told by another source'
            when nodes.is_divided_by_bill then 'divided by the bill'
            when own.bill_key is not null then 'split'
            when of_set.bill_key is not null then 'split with its set'
            when nodes.workload_cost + nodes.idle_cost = 0 then 'nothing weighs'
            else 'no bill line'
        end as status,
        nodes.idle_basis,
        nodes.last_hour - nodes.first_hour as hours_alive,
        'estimated' as cost_basis,
        nodes.workload_cost as estimated_workload_cost,
        nodes.idle_cost as estimated_idle_cost,
        case when nodes.telling = 1 then coalesce(own.bill_lines, 0) else 0 end as bill_lines,
        {%- for column, name in [
            ['billed_cost', 'billed_cost'], ['effective_cost', 'effective_cost'],
            ['workload_cost', 'effective_workload_cost'], ['idle_cost', 'effective_idle_cost'],
            ['unobserved_cost', 'effective_unobserved_cost'],
        ] %}
        case when nodes.telling = 1 then own.{{ column }} end as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}

    from numbered as nodes

    left join bill_keys as own
        on nodes.charge_date = own.charge_date
        and nodes.node_key = own.bill_key

    left join bill_keys as of_set
        on nodes.charge_date = of_set.charge_date
        and nodes.node_set_key = of_set.bill_key

)

select * from final
