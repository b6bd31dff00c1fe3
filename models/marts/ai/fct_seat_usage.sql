{#
    A seat is paid by the month, and its fee is spread evenly over the days of the month on which it was held: a person who
    changes the team takes the rest along. Who holds a seat and who used it tell the usage rows of class seats and
    active_seats; overage is what the source says that usage beyond the seat cost.
#}
{% set person = ['x_source', 'provider_name', 'principal', 'month_start'] %}

with

usage_rows as (

    select
        usage_rows.x_source,
        usage_rows.service_provider_name as provider_name,
        usage_rows.x_principal as principal,
        {{ apportion.period_start('month', 'usage_rows.charge_date') }} as month_start,
        usage_rows.charge_date,
        usage_rows.x_token_class,
        usage_rows.x_service_tier,
        usage_rows.quantity,
        usage_rows.estimated_cost,
        coalesce(ownership.team, 'Unallocated') as team,
        coalesce(ownership.cost_center, 'Unallocated') as cost_center

    from {{ ref('int_usage__daily') }} as usage_rows

    left join {{ ref('int_ownership__days') }} as days
        on usage_rows.charge_date = days.charge_date

    left join {{ ref('dim_ownership') }} as ownership
        on usage_rows.tag_key = ownership.tag_key
        and days.owned_from = ownership.valid_from

    where usage_rows.x_principal is not null

),

{#  One owner a day: two plans of one person on one day would be two tuples. #}
seat_days as (

    select
        {{ person | join(',\n        ') }},
        charge_date,
        min(team) as team,
        min(cost_center) as cost_center,
        cast(1 as {{ apportion.wide_integer() }}) as weight
    from usage_rows
    where x_token_class = 'seats'
    group by
        {{ person | join(',\n        ') }},
        charge_date

),

active_days as (

    select distinct
        {{ person | join(',\n        ') }},
        charge_date
    from usage_rows
    where x_token_class = 'active_seats'

),

active_people as (

    select distinct {{ person | join(', ') }} from active_days

),

seat_months as (

    {{ apportion.seat_months(ref('int_usage__daily')) }}

),

priced_months as (

    select
        months.*,
        active_people.principal is not null as is_active,
        cast(1 as {{ apportion.money() }}) as seats,
        coalesce(months.price_per_month, cast(0 as {{ apportion.money() }})) as seat_cost

    from seat_months as months

    left join active_people
        on months.x_source = active_people.x_source
        and months.provider_name = active_people.provider_name
        and months.principal = active_people.principal
        and months.month_start = active_people.month_start

),

spread as (

    {{ apportion.allocate_proportionally(
        amounts='priced_months', drivers='seat_days', partition_by=person, weight='weight',
        order_by=['charge_date'], amount_columns=['seats', 'seat_cost'],
        keep=person + ['plan', 'currency', 'price_per_month', 'is_active'],
        targets=['charge_date', 'team', 'cost_center'],
    ) }}

),

{#  What a seat includes is no overage. Only providers that sell seats have any. #}
overage as (

    select
        usage_rows.x_source,
        usage_rows.provider_name,
        usage_rows.principal,
        usage_rows.month_start,
        usage_rows.team,
        usage_rows.cost_center,
        sum(usage_rows.estimated_cost) as overage_cost

    from usage_rows

    inner join (select distinct x_source, provider_name from seat_days) as sellers
        on usage_rows.x_source = sellers.x_source
        and usage_rows.provider_name = sellers.provider_name

    where usage_rows.estimated_cost is not null
        and coalesce(usage_rows.x_service_tier, '') <> 'included'

    group by
        usage_rows.x_source,
        usage_rows.provider_name,
        usage_rows.principal,
        usage_rows.month_start,
        usage_rows.team,
        usage_rows.cost_center

),

parts as (

    select
        {% for column in person %}spread.{{ column }},
        {% endfor -%}
        spread.team,
        spread.cost_center,
        spread.plan,
        spread.currency,
        1 as seat_days,
        case when active_days.charge_date is not null then 1 else 0 end as active_days,
        spread.seats,
        case when spread.is_active then spread.seats else 0 end as active_seats,
        case when spread.price_per_month is not null then spread.seat_cost end as seat_cost,
        case when spread.price_per_month is not null and not spread.is_active then spread.seat_cost end as idle_cost,
        cast(null as {{ apportion.money() }}) as overage_cost

    from spread

    left join active_days
        on spread.charge_date = active_days.charge_date
        {%- for column in person %}
        and spread.{{ column }} = active_days.{{ column }}
        {%- endfor %}

    union all

    select
        {{ person | join(',\n        ') }},
        team,
        cost_center,
        cast(null as {{ dbt.type_string() }}) as plan,
        cast(null as {{ dbt.type_string() }}) as currency,
        0 as seat_days,
        0 as active_days,
        0 as seats,
        0 as active_seats,
        cast(null as {{ apportion.money() }}) as seat_cost,
        cast(null as {{ apportion.money() }}) as idle_cost,
        overage_cost
    from overage

),

summed as (

    select
        {{ person | join(',\n        ') }},
        team,
        cost_center,
        max(plan) as plan,
        max(currency) as currency,
        sum(seat_days) as seat_days,
        sum(active_days) as active_days,
        cast(sum(seats) as {{ apportion.money() }}) as assigned_seats,
        cast(sum(active_seats) as {{ apportion.money() }}) as active_seats,
        cast(sum(seats) - sum(active_seats) as {{ apportion.money() }}) as idle_seats,
        cast(sum(seat_cost) as {{ apportion.money() }}) as seat_cost,
        cast(sum(idle_cost) as {{ apportion.money() }}) as idle_cost,
        cast(coalesce(sum(overage_cost), 0) as {{ apportion.money() }}) as overage_cost
    from parts
    group by
        {{ person | join(',\n        ') }},
        team,
        cost_center

),

final as (

    select
        summed.month_start,
        summed.provider_name,
        summed.x_source,
        summed.principal,
        summed.team,
        summed.cost_center,
        summed.plan,
        cast(summed.seat_days as {{ dbt.type_bigint() }}) as seat_days,
        cast(summed.active_days as {{ dbt.type_bigint() }}) as active_days,
        summed.assigned_seats,
        summed.active_seats,
        summed.idle_seats,
        case
            when summed.seat_days = 0 then 'no seat'
            when summed.seat_cost is null then 'no price'
            else 'priced'
        end as price_status,
        case when invoiced.month_start is null then 'billed' else 'rated' end as cost_basis,
        invoiced.invoiced_by,
        summed.currency,
        summed.seat_cost,
        case
            when summed.seat_cost is not null then coalesce(summed.idle_cost, cast(0 as {{ apportion.money() }}))
        end as idle_cost,
        'USD' as overage_currency,
        summed.overage_cost

    from summed

    left join {{ ref('int_seats__invoiced_months') }} as invoiced
        on {{ apportion.normalised('summed.provider_name') }} = invoiced.provider
        and summed.month_start = invoiced.month_start

)

select * from final
