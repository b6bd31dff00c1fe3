{#
    Two lines of an item: what is to be paid, and what the plan includes, billed 0 at its list cost, as a service tier of its
    own. Credits are the quantity. Seats are lines per person and month. Where seat_prices.csv says that another source
    brings the invoice, none of them is a charge here.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}

with

items as (
    {% for tier, quantity, billed, list in [
        ['standard', 'net_quantity', 'net_amount', 'net_amount'],
        ['included', 'discount_quantity', '0', 'discount_amount'],
    ] %}
    select
        line_id,
        charge_date,
        {{ apportion.period_start('month', 'charge_date') }} as month_start,
        cost_center,
        cost_center_name,
        product,
        sku,
        model,
        token_class,
        '{{ tier }}' as service_tier,
        {{ quantity }} as quantity,
        cast({{ billed }} as {{ apportion.money() }}) as billed_cost,
        {{ list }} as own_list_cost
    from {{ ref('stg_github_copilot__usage') }}
    where {{ quantity }} <> 0 or {{ list }} <> 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

seat_months as (

    {{ apportion.seat_months(ref('int_github_copilot__usage')) }}

),

charges as (

    select
        items.charge_date,
        'billed' as cost_basis,
        'github_copilot' as x_source,
        {{ dbt.concat(["'github_copilot:'", 'items.line_id', "':'", 'items.service_tier']) }} as x_charge_id,
        items.billed_cost,
        'github' as billing_account_id,
        'GitHub organization' as billing_account_name,
        'Organization' as billing_account_type,
        'USD' as billing_currency,
        'Usage' as charge_category,
        {{ dbt.concat(['items.sku', "coalesce(" ~ dbt.concat(["', '", 'items.model']) ~ ", '')"]) }}
            as charge_description,
        items.quantity as consumed_quantity,
        case items.token_class when 'ai_credits' then 'AI Credits' when 'requests' then 'Requests' else 'Units' end
            as consumed_unit,
        'GitHub' as service_provider_name,
        'GitHub Copilot' as service_name,
        items.sku as sku_id,
        items.token_class as sku_meter,
        items.cost_center as sub_account_id,
        items.cost_center_name as sub_account_name,
        items.model as x_model,
        items.service_tier as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        items.token_class as x_token_class,
        {{ nothing }} as x_api_key_id,
        {{ nothing }} as x_api_key_name,
        {{ nothing }} as x_principal

    from items

    left join {{ ref('int_seats__invoiced_months') }} as invoiced
        on invoiced.provider = 'github'
        and items.month_start = invoiced.month_start

    where invoiced.month_start is null

    union all

    {{ apportion.seat_lines('seat_months', "'github'", "'GitHub organization'", "'Organization'", "'GitHub Copilot'") }}

),

lines as (

    {{ apportion.api_charges('charges', sub_account_type='Cost Center') }}

),

listed as (

    select
        {%- for column in apportion.charge_columns() %}
        {% if column == 'list_cost' -%}
            coalesce(items.own_list_cost, lines.list_cost) as list_cost
        {%- elif column in ['list_unit_price', 'pricing_currency_list_unit_price'] -%}
            coalesce({{ apportion.ratio('items.own_list_cost', 'items.quantity') }}, lines.{{ column }}) as {{ column }}
        {%- else -%}
            lines.{{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}

    from lines

    left join items
        on lines.x_charge_id = {{ dbt.concat(["'github_copilot:'", 'items.line_id', "':'", 'items.service_tier']) }}

),

final as (

    {{ apportion.with_seat_terms('listed') }}

)

select * from final
