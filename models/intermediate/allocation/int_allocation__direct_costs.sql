{#
    What weighs under method `cost`: direct effective cost of Usage and Purchase lines. A charge counts for its
    feature, else its team, else its product.
#}
with

costs as (

    select
        owned.*,
        {{ apportion.owner_type('owned') }} as target_type,
        {{ apportion.owner_name('owned') }} as target
    from {{ ref('int_costs__owned') }} as owned
    where owned.ownership = 'direct'
        and owned.charge_category in ('Usage', 'Purchase')

),

{#  Only scopes that a rule asks for. #}
scopes as (

    select
        scopes.tag_key,
        scopes.scope
    from {{ ref('int_allocation__scopes') }} as scopes
    inner join (select distinct scope from {{ ref('int_allocation__pool_rules') }}) as asked
        on scopes.scope = asked.scope

),

final as (

    select
        scopes.scope,
        costs.charge_date,
        costs.target_type,
        costs.target,
        {%- for column in apportion.partition_columns() %}
        costs.{{ column }},
        {%- endfor %}
        cast(sum(costs.effective_cost) as {{ apportion.money() }}) as quantity

    from costs

    inner join scopes
        on costs.tag_key = scopes.tag_key

    where costs.target is not null

    group by
        scopes.scope,
        costs.charge_date,
        costs.target_type,
        costs.target
        {%- for column in apportion.partition_columns() %},
        costs.{{ column }}
        {%- endfor %}

)

select * from final
