{#
    Nodes that a cluster told of and no bill line met, on days on which others met theirs: their cost is not split, or on a
    bill that was not loaded. Volumes are left out: many are on no bill. fct_kubernetes_nodes tells each day and why.
#}
{{ config(severity='warn', enabled=apportion.node_sources() != []) }}
select
    nodes.cluster,
    nodes.node,
    nodes.provider_id,
    nodes.status,
    min(nodes.charge_date) as first_day,
    count(*) as days_found
from {{ ref('fct_kubernetes_nodes') }} as nodes
inner join (
    select distinct charge_date
    from {{ ref('fct_kubernetes_nodes') }}
    where status = 'split'
) as split_days
    on nodes.charge_date = split_days.charge_date
where nodes.asset = 'node'
    and nodes.status in ('no bill line', 'no provider id', 'nothing weighs')
group by
    nodes.cluster,
    nodes.node,
    nodes.provider_id,
    nodes.status
