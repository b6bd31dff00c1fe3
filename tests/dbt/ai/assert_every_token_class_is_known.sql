{#
    What is billed or counted in a class that nobody here knows, and what is billed for a model without telling in which:
    kept under its own name, with its money, but compared with nothing. token_classes() lists those that are known. What
    files of telemetry measure is named by who writes them.
#}
{{ config(severity='warn') }}
{% set known = "('" ~ apportion.token_classes() | join("', '") ~ "')" %}
with

billed as (

    select
        service_provider_name as provider_name,
        coalesce(x_token_class, charge_description) as told,
        case when x_token_class is null then 'billed without a class' else 'billed in a class of its own' end as problem,
        billing_currency,
        billed_cost as amount,
        consumed_quantity as counted
    from {{ ref('fct_charges') }}
    where x_token_class not in {{ known }}
        or (x_token_class is null and x_model is not null and charge_category = 'Usage' and charge_class is null)

),

used as (

    select
        service_provider_name as provider_name,
        x_token_class as told,
        'counted in a class of its own' as problem,
        cast(null as {{ dbt.type_string() }}) as billing_currency,
        cast(null as {{ apportion.money() }}) as amount,
        quantity as counted
    from {{ ref('int_usage__daily') }}
    where x_token_class not in {{ known }}
        and x_source <> 'telemetry'

),

either as (

    select * from billed
    union all
    select * from used

)

select
    provider_name,
    told,
    problem,
    billing_currency,
    sum(amount) as billed_cost,
    sum(counted) as quantity
from either
group by
    provider_name,
    told,
    problem,
    billing_currency
{#  BigQuery takes a name for the sum first. #}
order by billed_cost desc
