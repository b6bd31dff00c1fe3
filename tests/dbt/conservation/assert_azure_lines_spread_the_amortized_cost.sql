{# Effective cost of a day that was amortized is its amortized cost, but for what buys reservations and savings plans. #}
{{ config(enabled='azure' in var('providers')) }}
with

amortized as (

    select *
    from {{ ref('stg_azure__cost_details') }}
    where export_kind = 'amortized'
        and not (
            coalesce(lower(charge_type) in ('purchase', 'refund'), false)
            and (
                coalesce(lower(pricing_model) in ('reservation', 'savingsplan'), false)
                or nullif(reservation_id, '') is not null
                or coalesce(lower(benefit_id) like '%/microsoft.capacity/%', false)
                or coalesce(lower(benefit_id) like '%/microsoft.billingbenefits/%', false)
            )
        )

),

lines as (

    select lines.*
    from {{ ref('int_azure__lines') }} as lines
    where exists (
        select 1
        from amortized
        where amortized.charge_date = lines.charge_date
            and {{ apportion.is_same('amortized.billing_account_id', 'lines.billing_account_id') }}
    )

)

{{ apportion.sums_that_differ(
    one='amortized',
    other='lines',
    keys=apportion.same_names(['charge_date', 'billing_account_id', 'subscription_id', 'billing_currency']),
    amounts=[['amount', 'cost_in_billing_currency', 'effective_cost']],
) }}
