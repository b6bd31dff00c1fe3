{# Which tuples count for the scope of a pool; the empty scope is all of them. #}
with

attributes as (

    select * from {{ ref('dim_charge_attributes') }}

),

final as (

    select
        tag_key,
        '' as scope
    from attributes
    {%- for scope in apportion.pool_scopes() %}
    union all
    select
        tag_key,
        {{ apportion.text_literal(scope) }} as scope
    from attributes
    where {{ apportion.scope_condition(scope) }}
    {%- endfor %}

)

select * from final
