{# Stretches of days over which no rule, feature, team or lookup starts or ends: ownership is constant in each. #}
with

starts as (

    select cast('{{ var("first_date") }}' as date) as day
    {%- for seed in ['virtual_tag_rules', 'features', 'teams', 'lookups'] %}
    {%- for bound in ['valid_from', 'valid_to'] %}
    union all
    select {{ bound }} as day from {{ ref(seed) }}
    {%- endfor %}
    {%- endfor %}

),

distinct_starts as (

    select distinct day from starts
    where day >= cast('{{ var("first_date") }}' as date)

),

final as (

    select
        day as valid_from,
        lead(day) over (order by day) as valid_to
    from distinct_starts

)

select * from final
