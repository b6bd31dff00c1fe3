{#
    Cursor's own sum of the running cycle against its events: the cycle was read on the snapshot's day, so it holds the events
    before that day, and at most those of the day too. Where it does not, events are missing or came twice.
#}
{{ config(enabled='cursor' in var('providers'), severity='warn') }}
select
    spend.snapshot_date,
    spend.email,
    spend.spend_on_demand,
    coalesce(sum(case when events.charge_date < spend.snapshot_date then events.amount end), 0) as before_the_day
from {{ ref('stg_cursor__spend') }} as spend
inner join (
    select cycle_start, max(snapshot_date) as newest from {{ ref('stg_cursor__spend') }} group by cycle_start
) as newest
    on spend.cycle_start = newest.cycle_start
    and spend.snapshot_date = newest.newest
inner join (
    select min(charge_date) as first_day, max(charge_date) as last_day from {{ ref('stg_cursor__changed_days') }}
    where usage_read_at is not null
) as loaded
    on loaded.first_day <= spend.cycle_start
    and loaded.last_day >= {{ apportion.days_after('spend.snapshot_date', -1) }}
left join {{ ref('int_cursor__events') }} as events
    on lower(spend.email) = events.principal
    and events.billing = 'billed'
    and events.charge_date >= spend.cycle_start
    and events.charge_date <= spend.snapshot_date
group by spend.snapshot_date, spend.email, spend.spend_on_demand, loaded.last_day
having
    coalesce(sum(case when events.charge_date < spend.snapshot_date then events.amount end), 0) > spend.spend_on_demand
    or (loaded.last_day >= spend.snapshot_date and coalesce(sum(events.amount), 0) < spend.spend_on_demand)
