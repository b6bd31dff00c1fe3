{#
    Which rate converts which costs, as seeds and published rates say now; null where they say nothing. A row of the
    seed comes before a published rate.
      daily          the newest rate on or before the day. A row without a rate type holds until the next row; any other
                     for vars.exchange_rate_days after its own day (banks publish none on weekends and holidays)
      month_average  that of the month; published ones are averaged over the days that the bank published
      invoice        that of the billing period, the provider's own before one for every provider
#}
{{ config(materialized='table') }}
{% set last_day = "cast('9999-12-31' as date)" %}

with

costs as (

    select distinct
        billing_currency,
        charge_date,
        billing_period_start,
        service_provider_name,
        billing_account_id
    from {{ ref('int_costs__daily') }}
    where billing_currency is distinct from '{{ var("reporting_currency") }}'

),

asked as (

    select
        {{ apportion.rate_key('costs') }} as rate_key,
        costs.billing_currency as currency,
        costs.charge_date,
        costs.billing_period_start,
        costs.service_provider_name,
        costs.billing_account_id,
        coalesce(accounts.rate_type, 'daily') as rate_type

    from costs

    left join {{ ref('int_accounts__dated') }} as accounts
        on costs.service_provider_name = accounts.provider
        and costs.billing_account_id = accounts.billing_account
        and costs.charge_date >= accounts.valid_from
        and costs.charge_date < accounts.valid_to

),

given as (

    select
        upper({{ apportion.trimmed('currency') }}) as currency,
        coalesce({{ apportion.normalised('rate_type') }}, 'held') as rate_type,
        {{ apportion.normalised('provider') }} as provider,
        valid_from,
        rate
    from {{ ref('exchange_rates') }}

),

published as (

    select * from {{ ref('int_exchange_rates__published') }}

),

of_days as (

    select
        currency,
        rate_type,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by currency order by valid_from, rate_type), {{ last_day }}
        ) as valid_to,
        rate
    from given
    where rate_type in ('held', 'daily')

),

listed_days as (

    select
        currency,
        valid_from as rate_date,
        rate,
        'exchange_rates.csv' as rate_source
    from of_days
    where rate_type = 'daily'

    union all

    select
        published.currency,
        published.rate_date,
        published.rate,
        'published' as rate_source

    from published

    left join of_days
        on published.currency = of_days.currency
        and published.rate_date = of_days.valid_from
        and of_days.rate_type = 'daily'

    where of_days.currency is null

),

aging as (

    select
        currency,
        rate_date,
        rate,
        rate_source,
        coalesce(lead(rate_date) over (partition by currency order by rate_date), {{ last_day }}) as next_date,
        {{ apportion.days_after('rate_date', var('exchange_rate_days') + 1) }} as too_old_from
    from listed_days

),

averaged as (

    select
        currency,
        {{ apportion.period_start('month', 'rate_date') }} as month_start,
        {{ apportion.money_of_units(
            apportion.integer_div('sum(' ~ apportion.units_of('rate', 18) ~ ')', 'count(*)')
        ) }} as rate
    from published
    group by currency, {{ apportion.period_start('month', 'rate_date') }}

),

by_type as (

    select
        asked.*,
        case
            when asked.rate_type = 'daily' then coalesce(held.rate, aging.rate)
            when asked.rate_type = 'month_average' then coalesce(month_given.rate, averaged.rate)
            when asked.rate_type = 'invoice' then coalesce(own_invoice.rate, any_invoice.rate)
        end as rate,
        case
            when asked.rate_type = 'daily' and held.rate is null then aging.rate_source
            when asked.rate_type = 'month_average' and month_given.rate is null and averaged.rate is not null
                then 'published'
            when coalesce(held.rate, month_given.rate, own_invoice.rate, any_invoice.rate) is not null
                then 'exchange_rates.csv'
        end as rate_source

    from asked

    left join of_days as held
        on asked.currency = held.currency
        and asked.charge_date >= held.valid_from
        and asked.charge_date < held.valid_to
        and held.rate_type = 'held'
        and asked.rate_type = 'daily'

    left join aging
        on asked.currency = aging.currency
        and asked.charge_date >= aging.rate_date
        and asked.charge_date < aging.next_date
        and asked.charge_date < aging.too_old_from
        and asked.rate_type = 'daily'

    left join given as month_given
        on asked.currency = month_given.currency
        and {{ apportion.period_start('month', 'asked.charge_date') }}
        = {{ apportion.period_start('month', 'month_given.valid_from') }}
        and month_given.rate_type = 'month_average'
        and asked.rate_type = 'month_average'

    left join averaged
        on asked.currency = averaged.currency
        and {{ apportion.period_start('month', 'asked.charge_date') }} = averaged.month_start
        and asked.rate_type = 'month_average'

    left join given as own_invoice
        on asked.currency = own_invoice.currency
        and asked.billing_period_start = own_invoice.valid_from
        and {{ apportion.normalised('asked.service_provider_name') }} = own_invoice.provider
        and own_invoice.rate_type = 'invoice'
        and asked.rate_type = 'invoice'

    left join given as any_invoice
        on asked.currency = any_invoice.currency
        and asked.billing_period_start = any_invoice.valid_from
        and any_invoice.provider is null
        and any_invoice.rate_type = 'invoice'
        and asked.rate_type = 'invoice'

),

final as (

    select
        rate_key,
        currency,
        charge_date,
        billing_period_start,
        service_provider_name,
        billing_account_id,
        rate_type,
        rate,
        rate_source
    from by_type

)

select * from final
