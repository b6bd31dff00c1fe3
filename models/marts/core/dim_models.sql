with

billed_or_used as (

    select service_provider_name as provider_name, x_model as model from {{ ref('int_costs__daily') }}
    union all
    select service_provider_name as provider_name, x_model as model from {{ ref('int_usage__daily') }}

),

seen as (

    select distinct provider_name, model from billed_or_used
    where model is not null

),

named as (

    select
        seen.provider_name,
        seen.model,
        {{ apportion.canonical_model('seen.provider_name', 'seen.model') }} as canonical_model
    from seen

),

{#  Several patterns may lead to one model; they must agree on what it is, and a test says so. #}
catalogue as (

    select
        {{ apportion.trimmed('model') }} as canonical_model,
        min({{ apportion.trimmed('vendor') }}) as vendor,
        min({{ apportion.trimmed('family') }}) as family,
        min({{ apportion.trimmed('tier') }}) as tier
    from {{ ref('models') }}
    group by {{ apportion.trimmed('model') }}

),

final as (

    select
        named.provider_name,
        named.model,
        named.canonical_model,
        coalesce(catalogue.vendor, 'Unmapped') as vendor,
        coalesce(catalogue.family, 'Unmapped') as family,
        coalesce(catalogue.tier, 'Unmapped') as tier

    from named

    left join catalogue
        on named.canonical_model = catalogue.canonical_model

)

select * from final
