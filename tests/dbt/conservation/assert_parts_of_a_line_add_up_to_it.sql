{#
    Costs and quantities of a shared line are those of its parts, to the last digit. Looks at the newest day that has
    shared lines, since it divides line by line; tests/python/build looks at all of them.
#}
{% set amounts = apportion.cost_columns() + ['pricing_quantity', 'consumed_quantity'] %}
with

newest as (

    select max(charge_date) as charge_date from {{ ref('int_costs__owned') }}
    where ownership <> 'direct'

),

lines as (

    select charges.*
    from {{ ref('fct_charges') }} as charges
    inner join newest
        on charges.charge_date = newest.charge_date

),

parts as (

    {{ apportion.charge_parts('lines') }}

),

charges as (

    select lines.*
    from lines
    inner join (select distinct x_charge_id from parts) as shared_lines
        on lines.x_charge_id = shared_lines.x_charge_id

)

{{ apportion.sums_that_differ(
    one='charges', other='parts', keys=apportion.same_names(['x_charge_id']), amounts=apportion.same_names(amounts),
) }}
