{# Pool costs with the rule of their day. A pool without a rule on the day keeps its cost, Unallocated. #}
with

costs as (

    select * from {{ ref('int_costs__owned') }}
    where ownership = 'pool'

),

pool_days as (

    select distinct shared_pool, charge_date from costs

),

{#  Two rules for one day are an error that a test names; the later start wins, so that no join multiplies. #}
ruled as (

    select
        pool_days.shared_pool,
        pool_days.charge_date,
        rules.pool_rule,
        rules.per,
        row_number() over (
            partition by pool_days.shared_pool, pool_days.charge_date
            order by rules.valid_from desc nulls last, rules.pool_rule asc
        ) as newest_first

    from pool_days

    inner join {{ ref('int_allocation__pool_rules') }} as rules
        on pool_days.shared_pool = rules.pool
        and (pool_days.charge_date >= rules.valid_from or rules.valid_from is null)
        and (pool_days.charge_date < rules.valid_to or rules.valid_to is null)

),

final as (

    select
        costs.*,
        coalesce(ruled.pool_rule, 0) as pool_rule,
        {{ apportion.partition_value('ruled.per', 'costs') }} as partition_value

    from costs

    left join ruled
        on costs.shared_pool = ruled.shared_pool
        and costs.charge_date = ruled.charge_date
        and ruled.newest_first = 1

)

select * from final
