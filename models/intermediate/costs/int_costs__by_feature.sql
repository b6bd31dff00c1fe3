{# What budgets and unit costs read: effective cost, its direct and its shared part. #}
with

final as (

    select
        charge_date,
        feature,
        cast(sum(case when pool is null then effective_cost else 0 end) as {{ apportion.money() }}) as direct_cost,
        cast(sum(case when pool is not null then effective_cost else 0 end) as {{ apportion.money() }}) as shared_cost,
        cast(sum(effective_cost) as {{ apportion.money() }}) as effective_cost
    from {{ ref('fct_allocated_costs') }}
    group by charge_date, feature

)

select * from final
