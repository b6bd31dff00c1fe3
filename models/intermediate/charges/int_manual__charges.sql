{#
    Bills that people keep in seeds. An invoice for days of service is two lines: a purchase on the invoice's day, which has
    the billed cost and costs nothing by itself, and its use over the service days, which has the effective cost and is
    spread over them day by day in int_costs__daily. Hardware that is owned is the same: bought once, written off in
    equal parts.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set counted = dbt.concat(["coalesce(" ~ dbt.concat(["plan_name", "', '"]) ~ ", '')", apportion.number_text('quantity'), "' '",
    "case when kind = 'subscription' then 'seats' else 'pieces' end"]) %}

with

manual_charges as (

    select * from {{ ref('stg_manual__manual_charges') }}

),

subscriptions as (

    select
        *,
        {{ dbt.concat([
            'coalesce(description, service)',
            "coalesce(" ~ dbt.concat(["' ('", counted, "')'"]) ~ ", '')",
        ]) }} as line_text,
        coalesce(plan_name, kind) as sku,
        case when kind = 'subscription' then 'Subscription' else 'Hardware' end as resource_type
    from {{ ref('stg_manual__subscriptions') }}

),

lines as (

    select
        {{ dbt.concat(["'manual:charge:'", 'charge_id']) }} as x_charge_id,
        period_start as charge_date,
        provider,
        billing_account,
        service,
        service_category,
        {{ nothing }} as service_subcategory,
        sub_account,
        resource,
        {{ nothing }} as resource_type,
        service as sku,
        description,
        tags,
        invoice_id,
        currency,
        charge_category,
        {{ apportion.kept_frequency('charge_category') }} as charge_frequency,
        billed_cost,
        effective_cost,
        period_start,
        period_end
    from manual_charges
    {% for line, category, day, end, billed, effective in [
        ['invoice', 'Purchase', 'invoice_date', apportion.days_after('invoice_date', 1), 'amount', '0'],
        ['service', 'Usage', 'service_start', 'service_end', '0', 'amount'],
    ] %}
    union all

    select
        {{ dbt.concat(["'manual:" ~ line ~ ":'", 'subscription_id']) }} as x_charge_id,
        {{ day }} as charge_date,
        provider,
        billing_account,
        service,
        service_category,
        {{ nothing }} as service_subcategory,
        sub_account,
        resource,
        resource_type,
        sku,
        line_text as description,
        tags,
        invoice_id,
        currency,
        '{{ category }}' as charge_category,
        case when kind = 'hardware' and '{{ category }}' = 'Purchase' then 'One-Time' else 'Recurring' end as charge_frequency,
        cast({{ billed }} as {{ apportion.money() }}) as billed_cost,
        cast({{ effective }} as {{ apportion.money() }}) as effective_cost,
        {{ day }} as period_start,
        {{ end }} as period_end
    from subscriptions
    {% endfor %}

),

final as (

    {{ apportion.kept_charges('lines', 'manual') }}

)

select * from final
