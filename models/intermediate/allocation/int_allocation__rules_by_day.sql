{# Two rows of a pool for one day are an error that a test names; the later start wins, so that no join multiplies. #}
{{ config(materialized='table') }}

with

days as (

    select distinct
        charge_date,
        owned_from
    from {{ ref('int_costs__owned') }}
    where ownership = 'pool'

),

holding as (

    select
        days.charge_date,
        days.owned_from,
        rules.pool,
        rules.pool_rule,
        rules.per,
        row_number() over (
            partition by days.charge_date, rules.pool
            order by rules.valid_from desc nulls last, rules.pool_rule asc
        ) as newest_first

    from days

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on (days.charge_date >= rules.valid_from or rules.valid_from is null)
        and (days.charge_date < rules.valid_to or rules.valid_to is null)

),

final as (

    select
        charge_date,
        owned_from,
        pool,
        pool_rule,
        per
    from holding
    where newest_first = 1

)

select * from final
