{# The targets that the `exclude` cell of a pool keeps out. #}
with

owners as (

    select
        case when tag = 'shared_pool' then 'pool' else tag end as target_type,
        spelling as target,
        normalised
    from {{ ref('int_ownership__known_owners') }}

),

final as (

    select
        cast(null as {{ dbt.type_string() }}) as excluded,
        target_type,
        target
    from owners
    where false
    {%- for exclusion in apportion.pool_exclusions() %}
    union all
    select
        {{ apportion.text_literal(exclusion) }} as excluded,
        target_type,
        target
    from owners
    where {{ apportion.cell_condition(exclusion, ['normalised']) }}
    {%- endfor %}

)

select * from final
