-- depends_on: {{ ref('int_ownership__known_owners') }}
{# Drawn when the project is compiled, from the seeds: SQL cannot number connected groups on every warehouse. #}
with

final as (

    select
        cast(null as {{ dbt.type_string() }}) as pool,
        0 as component,
        false as is_payer,
        0 as place
    from (select 1 as one) as nothing
    where one = 0
    {%- for node in apportion.pool_graph() %}
    union all
    select
        spelling as pool,
        {{ node['component'] }} as component,
        {{ node['pays'] }} as is_payer,
        {{ node['place'] if node['place'] is not none else 0 }} as place
    from {{ ref('int_ownership__known_owners') }}
    where tag = 'shared_pool' and normalised = {{ apportion.text_literal(node['pool']) }}
    {%- endfor %}

)

select * from final
