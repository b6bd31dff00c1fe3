{# The seeds as they stand, per currency: what an invoice is billed is used by its service, to the last digit. #}
{{ config(enabled='manual' in var('providers')) }}
{% set seeds %}(
    select
        {{ apportion.trimmed('currency') }} as billing_currency,
        cast(billed_cost as {{ apportion.money() }}) as billed_cost,
        cast(coalesce(effective_cost, billed_cost) as {{ apportion.money() }}) as effective_cost,
        1 as charge_lines
    from {{ ref('manual_charges') }}
    union all
    select
        {{ apportion.trimmed('currency') }} as billing_currency,
        cast(amount as {{ apportion.money() }}) as billed_cost,
        cast(amount as {{ apportion.money() }}) as effective_cost,
        2 as charge_lines
    from {{ ref('subscriptions') }}
){% endset %}
{{ apportion.sums_that_differ(
    one=seeds,
    other=ref('int_manual__charges'),
    keys=apportion.same_names(['billing_currency']),
    amounts=[
        ['charge_lines', 'charge_lines', '1'],
        ['billed_cost', 'billed_cost', 'billed_cost'],
        ['effective_cost', 'effective_cost', 'effective_cost'],
    ],
) }}
