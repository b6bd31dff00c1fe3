{#
    Shares as exact integers of 10^-18: 0.25, 25% and 1/3 become a numerator and a denominator first, so a third
    is a third. A blank share lists the target for an even split and has no weight.
#}
{% set text = apportion.trimmed('shares.share') %}

with

written as (

    select
        pools.spelling as pool,
        {{ apportion.normalised('shares.target_type') }} as target_type,
        coalesce(owners.spelling, {{ apportion.trimmed('shares.target') }}) as target,
        shares.valid_from,
        shares.valid_to,
        case
            when {{ text }} like '%/%' then {{ dbt.split_part(text, "'/'", 1) }}
            else replace({{ text }}, '%', '')
        end as numerator,
        case
            when {{ text }} like '%/%' then {{ dbt.split_part(text, "'/'", 2) }}
            when replace({{ text }}, '%', '') <> {{ text }} then '100'
            else '1'
        end as denominator

    from {{ ref('fixed_shares') }} as shares

    inner join {{ ref('int_ownership__known_owners') }} as pools
        on pools.tag = 'shared_pool'
        and {{ apportion.normalised('shares.pool') }} = pools.normalised

    left join {{ ref('int_ownership__known_owners') }} as owners
        on {{ apportion.owner_tag('shares.target_type') }} = owners.tag
        and {{ apportion.normalised('shares.target') }} = owners.normalised

),

numbers as (

    select
        written.*,
        {{ apportion.weight_of('cast(trim(numerator) as ' ~ apportion.money() ~ ')') }} as parts,
        {{ apportion.weight_of('cast(trim(denominator) as ' ~ apportion.money() ~ ')') }} as parts_in_all
    from written

),

final as (

    select
        pool,
        target_type,
        target,
        valid_from,
        valid_to,
        {{ apportion.share_of('parts', 'parts_in_all') }} as share_weight
    from numbers

)

select * from final
