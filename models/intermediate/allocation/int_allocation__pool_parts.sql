{#
    Pool costs divided over their targets. What nobody weighs for stays with the pool, Unallocated. A view: writing
    the parts here and once more into fct_allocated_costs takes longer than dividing twice.
#}
{% set dimensions = apportion.cost_dimensions() %}

with

pool_costs as (

    select * from {{ ref('int_allocation__pool_costs') }}

),

shares as (

    select * from {{ ref('int_allocation__shares') }}

),

parts as (

    {{ apportion.allocate_proportionally(
        amounts='pool_costs', drivers='shares', partition_by=['pool_rule', 'charge_date', 'flow'],
        weight='weight', order_by=['last_pool', 'target_type', 'target'],
        amount_columns=apportion.amount_columns(), keep=dimensions + ['shared_pool', 'rule_id', 'environment', 'customer'],
        targets=['allocation_method', 'allocation_path', 'driver', 'driver_quantity', 'driver_total', 'is_provisional',
            'feature', 'product', 'team', 'cost_center'],
    ) }}

),

final as (

    select
        {{ dimensions | join(',\n        ') }},
        shared_pool as pool,
        coalesce(allocation_method, 'fallback:unallocated') as allocation_method,
        coalesce(allocation_path, {{ dbt.concat(['shared_pool', "' > Unallocated'"]) }}) as allocation_path,
        allocation_share,
        driver,
        driver_quantity,
        driver_total,
        coalesce(is_provisional, false) as is_provisional,
        rule_id,
        environment,
        coalesce(feature, 'Unallocated') as feature,
        coalesce(product, 'Unallocated') as product,
        coalesce(team, 'Unallocated') as team,
        coalesce(cost_center, 'Unallocated') as cost_center,
        customer,
        {{ apportion.amount_columns() | join(',\n        ') }}

    from parts

)

select * from final
