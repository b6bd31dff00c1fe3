{# A closed month keeps the rates that it was closed with, whatever seeds and published rates say later. #}
{{ config(materialized='table') }}

with

found as (

    select * from {{ ref('int_exchange_rates__found') }}

),

closed_months as (

    select * from {{ ref('int_costs__closed_months') }}

),

kept as (

    {{ apportion.kept_rates(ref('snap_closed_rates')) }}

),

final as (

    select
        found.rate_key,
        found.currency,
        found.charge_date,
        found.billing_period_start,
        found.service_provider_name,
        found.billing_account_id,
        found.rate_type,
        coalesce(kept.rate, found.rate) as rate,
        found.rate as rate_now,
        found.rate_source,
        closed_months.month_start is not null as is_closed

    from found

    left join closed_months
        on {{ apportion.period_start('month', 'found.charge_date') }} = closed_months.month_start

    left join kept
        on found.rate_key = kept.rate_key
        and closed_months.closed_on = kept.closed_on

)

select * from final
