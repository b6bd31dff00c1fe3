{#
    Left join on purpose: a cost whose currency has no rate must stay visible (null in the reporting currency,
    and a test names the currency), not vanish from the total.
#}
{% set costs = apportion.cost_columns() %}

with

costs as (

    select * from {{ ref('int_costs__daily') }}

),

rates as (

    select
        {{ apportion.trimmed('currency') }} as currency,
        rate,
        valid_from,
        lead(valid_from) over (
            partition by {{ apportion.trimmed('currency') }} order by valid_from
        ) as valid_to
    from {{ ref('exchange_rates') }}

),

final as (

    select
        costs.*,
        {%- for cost in costs %}
        case
            when costs.billing_currency = '{{ var("reporting_currency") }}' then costs.{{ cost }}
            else {{ apportion.product_of('costs.' ~ cost, 'rates.rate') }}
        end as {{ cost }}_reported{{ ',' if not loop.last }}
        {%- endfor %}

    from costs

    left join rates
        on costs.billing_currency = rates.currency
        and costs.charge_date >= rates.valid_from
        and (costs.charge_date < rates.valid_to or rates.valid_to is null)

)

select * from final
