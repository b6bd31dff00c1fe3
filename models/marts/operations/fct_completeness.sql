{# The ledger of what is known: what a source said of a day, when, and whether it may still say otherwise. #}
with

days as (

    select
        provider,
        charge_date,
        count(*) as tables_expected,
        count(case when day_status <> 'missing' then 1 end) as tables_read,
        max(read_at) as last_read_at,
        case
            when count(case when day_status = 'missing' then 1 end) > 0 then 'missing'
            when count(case when day_status = 'open' then 1 end) > 0 then 'open'
            else 'final'
        end as day_status
    from {{ ref('int_completeness__days') }}
    group by provider, charge_date

),

charges as (

    select * from {{ ref('int_completeness__charges') }}

),

usage_days as (

    select
        x_source,
        charge_date,
        count(*) as usage_rows
    from {{ ref('int_usage__daily') }}
    group by x_source, charge_date

),

{#  Also days that no log tells of: those of seeds, and of loads older than the log. #}
every_day as (

    select distinct
        provider,
        charge_date
    from (
        select
            provider,
            charge_date
        from days

        union all

        select
            x_source as provider,
            charge_date
        from charges
    ) as all_days

),

final as (

    select
        every_day.provider as source,
        every_day.charge_date,
        charges.billing_currency,
        coalesce(charges.bill_lines, 0) as bill_lines,
        coalesce(usage_days.usage_rows, 0) as usage_rows,
        coalesce(charges.billed_cost, 0) as billed_cost,
        coalesce(charges.effective_cost, 0) as effective_cost,
        coalesce(days.tables_expected, 0) as tables_expected,
        coalesce(days.tables_read, 0) as tables_read,
        days.last_read_at,
        case
            when days.day_status = 'final' and charges.x_source is null and usage_days.x_source is null then 'empty'
            else coalesce(days.day_status, 'final')
        end as completeness_status

    from every_day

    left join days
        on every_day.provider = days.provider
        and every_day.charge_date = days.charge_date

    left join charges
        on every_day.provider = charges.x_source
        and every_day.charge_date = charges.charge_date

    left join usage_days
        on every_day.provider = usage_days.x_source
        and every_day.charge_date = usage_days.charge_date

)

select * from final
