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

changes as (

    select * from days

    union all

    select
        days.provider,
        days.charge_date,
        account_log.changed_at
    from days
    inner join {{ ref('int_accounts__prepaid_log') }} as account_log
        on days.charge_date >= account_log.charge_date

    union all

    select
        days.provider,
        days.charge_date,
        price_log.changed_at
    from days
    inner join {{ ref('int_seats__price_log') }} as price_log
        on {{ apportion.period_start('month', 'days.charge_date') }} = price_log.charge_date
    where days.provider in ({{ apportion.providers_marked('has_seats') | join(', ') }})

),

final as (

    select
        provider,
        charge_date,
        max(changed_at) as changed_at
    from changes
    group by
        provider,
        charge_date

)

select * from final
