{{ config(materialized='view') }}

with

final as (

    select
        {{ apportion.period_start('month', 'costs.charge_date') }} as month_start,
        costs.product,
        {{ apportion.cost_kind('costs', 'attributes.workload') }} as cost_kind,
        costs.reporting_currency,
        cast(sum(costs.billed_cost) as {{ apportion.money() }}) as billed_cost,
        cast(sum(costs.effective_cost) as {{ apportion.money() }}) as effective_cost

    from {{ ref('fct_allocated_costs') }} as costs

    left join {{ ref('dim_charge_attributes') }} as attributes
        on costs.tag_key = attributes.tag_key

    group by
        {{ apportion.period_start('month', 'costs.charge_date') }},
        costs.product,
        {{ apportion.cost_kind('costs', 'attributes.workload') }},
        costs.reporting_currency

)

select * from final
