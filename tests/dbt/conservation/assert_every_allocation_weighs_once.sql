{#
    What OpenCost tells of the nodes is what divides them: every cost of processors and memory weighs once, adjustments
    included. Shared graphics processors change hands within a node only.
#}
{{ config(enabled='opencost' in var('providers')) }}
{{ apportion.sums_that_differ(
    one="(select charge_date, cluster, node, case when is_idle then 'idle' else 'workload' end as kind,"
        ~ " greatest(cpu_cost + gpu_cost + ram_cost, 0) as node_cost from " ~ ref('stg_opencost__allocations')
        ~ " where node is not null)",
    other="(select * from " ~ ref('int_attribution__node_weights')
        ~ " where telemetry_source = 'opencost' and idle_basis = 'idle rows')",
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['cluster', 'cluster', 'cluster'],
        ['node', 'node', 'node'],
        ['kind', 'kind', 'kind'],
    ],
    amounts=[['node_cost', 'node_cost', 'node_cost']],
) }}
