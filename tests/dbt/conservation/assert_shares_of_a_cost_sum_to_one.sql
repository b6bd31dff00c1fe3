{# The shares of each divided cost are all of it. #}
with

divided as (

    select
        {{ apportion.cost_dimensions() | reject('equalto', 'billing_currency') | join(', ') }},
        billing_currency,
        pool,
        sum(allocation_share) as shares
    from {{ ref('fct_allocated_costs') }}
    group by {{ apportion.cost_dimensions() | join(', ') }}, pool

)

select * from divided
where shares is distinct from 1
