{# Known is what its seed names on any date. Two spellings that differ in case or blanks are one. #}
with

named as (

    select 'feature' as tag, feature as spelling from {{ ref('features') }}
    union all
    select 'product' as tag, product as spelling from {{ ref('features') }}
    union all
    select 'team' as tag, team as spelling from {{ ref('features') }}
    union all
    select 'team' as tag, team as spelling from {{ ref('teams') }}
    union all
    select 'cost_center' as tag, cost_center as spelling from {{ ref('teams') }}
    union all
    select 'shared_pool' as tag, pool as spelling from {{ ref('shared_cost_pools') }}

),

final as (

    select
        tag,
        {{ apportion.normalised('spelling') }} as normalised,
        min({{ apportion.trimmed('spelling') }}) as spelling
    from named
    where {{ apportion.trimmed('spelling') }} is not null
    group by tag, {{ apportion.normalised('spelling') }}

)

select * from final
