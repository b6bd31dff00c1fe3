{#
    Spellings that no pattern of seeds/pricing/models.csv knows, with their money and how much was used. They are kept
    under their own name, without family, tier and list price: add a row for each.
#}
{{ config(severity='warn') }}
with

unknown as (

    select
        provider_name,
        model
    from {{ ref('dim_models') }}
    where canonical_model is null

),

billed as (

    select
        service_provider_name as provider_name,
        x_model as model,
        billing_currency,
        sum(billed_cost) as billed_cost
    from {{ ref('fct_charges') }}
    where x_model is not null
    group by
        service_provider_name,
        x_model,
        billing_currency

),

used as (

    select
        service_provider_name as provider_name,
        x_model as model,
        sum(case when x_token_class = 'requests' then quantity end) as requests,
        sum(case
            when x_token_class like 'input%' or x_token_class like 'cache%' or x_token_class like 'output%' then quantity
        end) as tokens
    from {{ ref('int_usage__daily') }}
    where x_model is not null
    group by
        service_provider_name,
        x_model

)

select
    unknown.provider_name,
    unknown.model,
    billed.billing_currency,
    billed.billed_cost,
    used.tokens,
    used.requests

from unknown

left join billed
    on unknown.provider_name = billed.provider_name
    and unknown.model = billed.model

left join used
    on unknown.provider_name = used.provider_name
    and unknown.model = used.model

order by
    billed.billed_cost desc,
    used.tokens desc
