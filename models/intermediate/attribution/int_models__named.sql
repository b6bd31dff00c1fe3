{# Every spelling of a model, on bills and in telemetry, and the one name that models.csv gives it. #}
with

billed_or_used as (

    select service_provider_name as provider_name, x_model as model from {{ ref('fct_charges') }}
    where x_model is not null
    union all
    select service_provider_name as provider_name, x_model as model from {{ ref('int_usage__daily') }}
    where x_model is not null

),

seen as (

    select distinct provider_name, model from billed_or_used

),

final as (

    select
        seen.provider_name,
        seen.model,
        {{ apportion.canonical_model('seen.provider_name', 'seen.model') }} as canonical_model
    from seen

)

select * from final
