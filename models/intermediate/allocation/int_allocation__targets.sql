{# Who may get a share in a stretch of days, and who pays then: a target that is not valid has no weight. #}
with

features as (

    select * from {{ ref('int_ownership__features') }}

),

teams as (

    select * from {{ ref('int_ownership__teams') }}

),

valid_features as (

    select
        'feature' as target_type,
        features.feature as target,
        features.epoch as owned_from,
        features.feature,
        features.product,
        features.team,
        teams.cost_center

    from features

    left join teams
        on {{ apportion.normalised('features.team') }} = teams.normalised
        and features.epoch = teams.epoch

),

final as (

    select * from valid_features

    union all

    select
        'team' as target_type,
        team as target,
        epoch as owned_from,
        cast(null as {{ dbt.type_string() }}) as feature,
        cast(null as {{ dbt.type_string() }}) as product,
        team,
        cost_center
    from teams

    union all

    select distinct
        'product' as target_type,
        product as target,
        epoch as owned_from,
        cast(null as {{ dbt.type_string() }}) as feature,
        product,
        cast(null as {{ dbt.type_string() }}) as team,
        cast(null as {{ dbt.type_string() }}) as cost_center
    from features
    where product is not null

    union all

    select distinct
        'cost_center' as target_type,
        cost_center as target,
        epoch as owned_from,
        cast(null as {{ dbt.type_string() }}) as feature,
        cast(null as {{ dbt.type_string() }}) as product,
        cast(null as {{ dbt.type_string() }}) as team,
        cost_center
    from teams
    where cost_center is not null

)

select * from final
