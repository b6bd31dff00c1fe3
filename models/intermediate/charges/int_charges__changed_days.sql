{#
    A load changes its own days. An account that becomes prepaid changes all days from then on, of whichever source has
    its lines. Other prices of seats change the days of their months.
#}
with

days as (
    {% for provider in var('providers') %}
    select
        provider,
        charge_date,
        changed_at
    from {{ ref('stg_' ~ provider ~ '__changed_days') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

accounts as (

    select
        days.provider,
        days.charge_date,
        max(account_log.changed_at) as changed_at

    from days

    inner join {{ ref('int_accounts__prepaid_log') }} as account_log
        on days.charge_date >= account_log.charge_date

    group by days.provider, days.charge_date

),

seats as (

    select
        days.provider,
        days.charge_date,
        max(price_log.changed_at) as changed_at

    from days

    inner join {{ ref('int_seats__price_log') }} as price_log
        on {{ apportion.period_start('month', 'days.charge_date') }} = price_log.charge_date

    where days.provider in ({{ apportion.providers_marked('has_seats') | join(', ') }})

    group by days.provider, days.charge_date

),

final as (

    select
        days.provider,
        days.charge_date,
        greatest(
            days.changed_at,
            coalesce(accounts.changed_at, days.changed_at),
            coalesce(seats.changed_at, days.changed_at)
        ) as changed_at

    from days

    left join accounts
        on days.provider = accounts.provider
        and days.charge_date = accounts.charge_date

    left join seats
        on days.provider = seats.provider
        and days.charge_date = seats.charge_date

)

select * from final
