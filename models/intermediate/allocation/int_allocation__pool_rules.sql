{% set window = "coalesce(" ~ apportion.normalised('pools.weight_window') ~ ", 'day')" %}

with

final as (

    select
        known.spelling as pool,
        row_number() over (
            order by
                known.spelling,
                coalesce(pools.valid_from, cast('{{ var("first_date") }}' as date)),
                coalesce(pools.valid_to, cast('{{ var("last_date") }}' as date)),
                pools.method
        ) as pool_rule,
        {{ apportion.normalised('pools.method') }} as method,
        {{ apportion.trimmed('pools.driver') }} as driver,
        case when {{ window }} like 'trailing%' then 'trailing' else {{ window }} end as weight_window,
        cast(
            case when {{ window }} like 'trailing%' then replace({{ window }}, 'trailing_', '') end as {{ dbt.type_int() }}
        ) as trailing_days,
        coalesce({{ apportion.trimmed('pools.scope') }}, '') as scope,
        {{ apportion.normalised('pools.per') }} as per,
        coalesce({{ apportion.trimmed('pools.' ~ apportion.reserved('exclude')) }}, '') as excluded,
        coalesce({{ apportion.normalised('pools.fallback_method') }}, 'unallocated') as fallback_method,
        {{ apportion.trimmed('pools.note') }} as note,
        pools.valid_from,
        pools.valid_to

    from {{ ref('shared_cost_pools') }} as pools

    inner join {{ ref('int_ownership__known_owners') }} as known
        on known.tag = 'shared_pool'
        and {{ apportion.normalised('pools.pool') }} = known.normalised

)

select * from final
