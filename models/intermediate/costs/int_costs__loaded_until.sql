{#
    How far costs are known. A source that stopped more than 35 days before the newest one has ended, not lagged;
    the slowest of the others says up to which day a ratio may count costs. What people keep, in seeds or in files, comes
    by the month or the year, and neither lags nor leads.
#}
with

sources as (

    select
        provider,
        max(charge_date) as last_day
    from {{ ref('int_charges__changed_days') }}
    where charge_date <= {{ apportion.today() }}
        and provider not in ({{ apportion.providers_marked('seed_fed') | join(', ') }})
        and provider not in ('{{ apportion.kept_by_people() | join("', '") }}')
    group by provider

),

newest as (

    select max(last_day) as last_day from sources

),

final as (

    select
        max(newest.last_day) as newest_day,
        min(sources.last_day) as complete_until

    from sources

    inner join newest
        on sources.last_day >= {{ apportion.days_after('newest.last_day', -35) }}

)

select * from final
