{#
    One row per provider, person and month in which the person held a seat, at the price of the month. Whose seat it is on
    which day are the usage rows of class `seats`: their x_service_tier is the plan, where the source knows one.
    usage   relation with the columns of usage_columns()
    Gives x_source, provider_name, principal, month_start, first_day, seat_days, plan, currency, price_per_month (null
    where the seed has none) and invoiced_by.
#}
{% macro seat_months(usage) %}
    select
        held.x_source,
        held.provider_name,
        held.principal,
        held.month_start,
        held.first_day,
        held.seat_days,
        held.plan,
        coalesce(of_plan.currency, of_any.currency) as currency,
        coalesce(of_plan.price_per_month, of_any.price_per_month) as price_per_month,
        coalesce(of_plan.invoiced_by, of_any.invoiced_by) as invoiced_by

    from (

        select
            x_source,
            provider_name,
            principal,
            month_start,
            first_day,
            count(distinct charge_date) as seat_days,
            {#  A month is paid at the plan it began with. #}
            min(case when charge_date = first_day then plan end) as plan
        from (
            select
                x_source,
                service_provider_name as provider_name,
                x_principal as principal,
                x_service_tier as plan,
                charge_date,
                {{ apportion.period_start('month', 'charge_date') }} as month_start,
                min(charge_date) over (
                    partition by x_source, service_provider_name, x_principal,
                        {{ apportion.period_start('month', 'charge_date') }}
                ) as first_day
            from {{ usage }}
            where x_token_class = 'seats'
        ) as days
        group by
            x_source,
            provider_name,
            principal,
            month_start,
            first_day

    ) as held

    left join {{ ref('int_seats__monthly_prices') }} as of_plan
        on {{ apportion.normalised('held.provider_name') }} = of_plan.provider
        and {{ apportion.normalised('held.plan') }} = of_plan.plan
        and held.month_start = of_plan.month_start

    left join {{ ref('int_seats__monthly_prices') }} as of_any
        on {{ apportion.normalised('held.provider_name') }} = of_any.provider
        and of_any.plan = ''
        and held.month_start = of_any.month_start
{% endmacro %}

{#
    The columns that api_charges() wants, for the seats that this source bills itself: one line per person and month.
    months   CTE of seat_months()
#}
{% macro seat_lines(months, billing_account_id, billing_account_name, billing_account_type, service_name) %}
    {% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
    select
        first_day as charge_date,
        'billed' as cost_basis,
        x_source,
        {{ dbt.concat(['x_source', "':seat:'", 'cast(month_start as ' ~ dbt.type_string() ~ ')', "':'", 'principal']) }}
            as x_charge_id,
        price_per_month as billed_cost,
        {{ billing_account_id }} as billing_account_id,
        {{ billing_account_name }} as billing_account_name,
        {{ billing_account_type }} as billing_account_type,
        currency as billing_currency,
        'Purchase' as charge_category,
        {{ dbt.concat(["'Seat of '", 'principal']) }} as charge_description,
        cast(null as {{ apportion.money() }}) as consumed_quantity,
        {{ nothing }} as consumed_unit,
        provider_name as service_provider_name,
        {{ service_name }} as service_name,
        {{ dbt.concat(["'Seat'", "coalesce(" ~ dbt.concat(["', '", 'plan']) ~ ", '')"]) }} as sku_id,
        'seats' as sku_meter,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        {{ nothing }} as x_model,
        plan as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        'seats' as x_token_class,
        {{ nothing }} as x_api_key_id,
        {{ nothing }} as x_api_key_name,
        principal as x_principal
    from {{ months }}
    where price_per_month is not null and invoiced_by is null
{% endmacro %}

{#
    Lines of api_charges() in which seats are what they are: bought for the rest of the month, one month at a price.
    lines   CTE
#}
{% macro with_seat_terms(lines) %}
    {% set is_seat = "charge_category = 'Purchase'" %}
    {% set month_end = 'cast(' ~ dbt.dateadd('month', 1, apportion.period_start('month', 'charge_date')) ~ ' as '
        ~ dbt.type_timestamp() ~ ')' %}
    {% set own = {
        'charge_frequency': "'Recurring'",
        'charge_period_end': month_end,
        'pricing_quantity': 'cast(1 as ' ~ apportion.money() ~ ')',
        'pricing_unit': "'Months'",
    } %}
    {% for price in ['list_unit_price', 'contracted_unit_price', 'pricing_currency_list_unit_price',
        'pricing_currency_contracted_unit_price'] %}
        {% do own.update({price: 'billed_cost'}) %}
    {% endfor %}
    select
        {%- for column in apportion.charge_columns() %}
        {% if column in own -%}
            case when {{ is_seat }} then {{ own[column] }} else {{ column }} end as {{ column }}
        {%- else -%}
            {{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ lines }}
{% endmacro %}
