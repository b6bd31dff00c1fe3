with

named as (

    select * from {{ ref('int_models__named') }}

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
