{# Billed AI cost by model and tier. A model that no pattern knows is Unmapped, a charge without one says so. #}
with

costs as (

    select * from {{ ref('fct_allocated_costs') }}
    where service_category = 'AI and Machine Learning'

),

models as (

    select * from {{ ref('dim_models') }}

),

final as (

    select
        {{ apportion.period_start('month', 'costs.charge_date') }} as month_start,
        costs.provider_name,
        case when costs.model is null then 'No model' else coalesce(models.vendor, 'Unmapped') end as vendor,
        case when costs.model is null then 'No model' else coalesce(models.tier, 'Unmapped') end as model_tier,
        coalesce(models.canonical_model, costs.model, 'No model') as model,
        costs.product,
        costs.team,
        costs.feature,
        costs.reporting_currency,
        cast(sum(costs.billed_cost) as {{ apportion.money() }}) as billed_cost,
        cast(sum(costs.effective_cost) as {{ apportion.money() }}) as effective_cost

    from costs

    left join models
        on costs.provider_name = models.provider_name
        and costs.model = models.model

    group by
        {{ apportion.period_start('month', 'costs.charge_date') }},
        costs.provider_name,
        case when costs.model is null then 'No model' else coalesce(models.vendor, 'Unmapped') end,
        case when costs.model is null then 'No model' else coalesce(models.tier, 'Unmapped') end,
        coalesce(models.canonical_model, costs.model, 'No model'),
        costs.product,
        costs.team,
        costs.feature,
        costs.reporting_currency

)

select * from final
