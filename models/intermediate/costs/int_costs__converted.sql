{#
    Left join on purpose: a cost whose currency has no rate must stay visible (null in the reporting currency), not
    vanish from the total. It never gets that far: a missing rate stops the build here and names the currency.
#}
{{ config(pre_hook="{{ apportion.stop_where_a_rate_is_missing(ref('int_exchange_rates__used')) }}") }}
{% set costs = apportion.cost_columns() %}
{% set is_foreign = "coalesce(costs.billing_currency, '') <> '" ~ var('reporting_currency') ~ "'" %}

with

costs as (

    select * from {{ ref('int_costs__daily') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__used') }}

),

final as (

    select
        costs.*,
        {%- for cost in costs %}
        case
            when {{ is_foreign }} then {{ apportion.product_of('costs.' ~ cost, 'rates.rate') }}
            else costs.{{ cost }}
        end as {{ cost }}_reported{{ ',' if not loop.last }}
        {%- endfor %}

    from costs

    left join rates
        on case when {{ is_foreign }} then {{ apportion.rate_key('costs') }} end = rates.rate_key

)

select * from final
