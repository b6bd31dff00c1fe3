{#
    AI credits (premium requests before June 2026) by user: what is to be paid, and what the plan includes as a service tier
    of its own. The API tells who holds a seat now and since when: it was held on every loaded day between the two.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}

with

used as (
    {% for tier, quantity, amount in [
        ['standard', 'net_quantity', 'net_amount'], ['included', 'discount_quantity', 'discount_amount'],
    ] %}
    select
        charge_date,
        lower(user_login) as principal,
        cost_center,
        cost_center_name,
        model,
        '{{ tier }}' as service_tier,
        token_class,
        {{ quantity }} as quantity,
        {{ amount }} as estimated_cost
    from {{ ref('stg_github_copilot__user_usage') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{#  A seat that is missing from a later reading ended with the last one that had it. #}
seats as (

    select
        lower(user_login) as principal,
        assigned_from,
        max(plan_type) as plan_type,
        max(snapshot_date) as last_seen,
        max(cancelled_on) as cancelled_on
    from {{ ref('stg_github_copilot__seats') }}
    group by lower(user_login), assigned_from

),

days_read as (

    select charge_date from {{ ref('stg_github_copilot__changed_days') }}
    where usage_read_at is not null

),

seat_days as (

    select
        days_read.charge_date,
        seats.principal,
        max(seats.plan_type) as plan_type

    from days_read

    inner join seats
        on days_read.charge_date >= seats.assigned_from
        and days_read.charge_date <= seats.last_seen
        and (days_read.charge_date < seats.cancelled_on or seats.cancelled_on is null)

    group by days_read.charge_date, seats.principal

),

activity as (

    select charge_date, lower(user_login) as principal from {{ ref('stg_github_copilot__user_usage') }}
    where gross_quantity > 0
    union all
    select last_active_on as charge_date, lower(user_login) as principal from {{ ref('stg_github_copilot__seats') }}
    where last_active_on is not null

),

active_days as (

    select distinct charge_date, principal from activity

),

by_class as (

    select
        charge_date,
        principal,
        cost_center,
        cost_center_name,
        model,
        service_tier,
        'Usage' as charge_category,
        token_class,
        quantity,
        estimated_cost
    from used

    union all

    select
        charge_date,
        principal,
        {{ nothing }} as cost_center,
        {{ nothing }} as cost_center_name,
        {{ nothing }} as model,
        plan_type as service_tier,
        'Purchase' as charge_category,
        'seats' as token_class,
        1 as quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost
    from seat_days

    union all

    select
        seat_days.charge_date,
        seat_days.principal,
        {{ nothing }} as cost_center,
        {{ nothing }} as cost_center_name,
        {{ nothing }} as model,
        seat_days.plan_type as service_tier,
        'Purchase' as charge_category,
        'active_seats' as token_class,
        1 as quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost
    from seat_days
    inner join active_days
        on seat_days.charge_date = active_days.charge_date
        and seat_days.principal = active_days.principal

),

summed as (

    select
        charge_date,
        principal,
        cost_center,
        max(cost_center_name) as cost_center_name,
        model,
        service_tier,
        charge_category,
        token_class,
        cast(sum(quantity) as {{ apportion.money() }}) as quantity,
        cast(sum(estimated_cost) as {{ apportion.money() }}) as estimated_cost
    from by_class
    where quantity <> 0
    group by
        charge_date,
        principal,
        cost_center,
        model,
        service_tier,
        charge_category,
        token_class

),

final as (

    select
        charge_date,
        'github_copilot' as x_source,
        'GitHub' as service_provider_name,
        'github' as billing_account_id,
        'GitHub organization' as billing_account_name,
        cost_center as sub_account_id,
        cost_center_name as sub_account_name,
        'GitHub Copilot' as service_name,
        charge_category,
        model as x_model,
        service_tier as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        {{ nothing }} as x_api_key_id,
        {{ nothing }} as x_api_key_name,
        principal as x_principal,
        {{ nothing }} as x_gateway,
        {{ nothing }} as x_workload,
        {{ nothing }} as x_call_labels,
        'key' as x_attribution_level,
        quantity,
        estimated_cost

    from summed

)

select * from final
