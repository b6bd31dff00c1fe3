{#
    What usage costs beyond the seats, per day, person and model, and the seats, per person and month. Where
    seat_prices.csv says that another source brings the invoice, neither is a charge here.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}

with

events as (

    select * from {{ ref('int_cursor__events') }}
    where billing = 'billed'

),

overage as (

    select
        charge_date,
        month_start,
        principal,
        service_account_id,
        max(service_account_name) as service_account_name,
        model,
        billed_class as token_class,
        cast(sum(amount) as {{ apportion.money() }}) as amount,
        cast(sum(
            case
                when billed_class = 'requests' then 1
                else coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
                    + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            end
        ) as {{ apportion.money() }}) as quantity
    from events
    group by
        charge_date,
        month_start,
        principal,
        service_account_id,
        model,
        billed_class

),

seat_months as (

    {{ apportion.seat_months(ref('int_cursor__usage')) }}

),

charges as (

    select
        overage.charge_date,
        'billed' as cost_basis,
        'cursor' as x_source,
        {{ dbt.concat([
            "'cursor:'", 'cast(overage.charge_date as ' ~ dbt.type_string() ~ ')', "':'",
            "coalesce(overage.principal, '')", "':'", "coalesce(overage.model, '')", "':'", 'overage.token_class',
        ]) }} as x_charge_id,
        overage.amount as billed_cost,
        'cursor' as billing_account_id,
        'Cursor team' as billing_account_name,
        'Team' as billing_account_type,
        'USD' as billing_currency,
        'Usage' as charge_category,
        {{ dbt.concat(["'Usage-based, '", "coalesce(overage.model, 'no model')"]) }} as charge_description,
        overage.quantity as consumed_quantity,
        case when overage.token_class = 'tokens' then 'Tokens' else 'Requests' end as consumed_unit,
        'Cursor' as service_provider_name,
        'Cursor' as service_name,
        overage.model as sku_id,
        overage.token_class as sku_meter,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        overage.model as x_model,
        'standard' as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        overage.token_class as x_token_class,
        overage.service_account_id as x_api_key_id,
        overage.service_account_name as x_api_key_name,
        overage.principal as x_principal

    from overage

    left join {{ ref('int_seats__invoiced_months') }} as invoiced
        on invoiced.provider = 'cursor'
        and overage.month_start = invoiced.month_start

    where invoiced.month_start is null

    union all

    {{ apportion.seat_lines('seat_months', "'cursor'", "'Cursor team'", "'Team'", "'Cursor'") }}

),

lines as (

    {{ apportion.api_charges('charges', sub_account_type='Team') }}

),

final as (

    {{ apportion.with_seat_terms('lines') }}

)

select * from final
