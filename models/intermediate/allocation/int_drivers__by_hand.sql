{# A total is spread evenly over the days of its period, exactly; a level holds in full on each of them. #}
with

quantities as (

    select
        row_number() over (
            order by driver, target_type, target, customer, period_start, period_end, quantity, kind
        ) as quantity_id,
        {{ apportion.trimmed('driver') }} as driver,
        {{ apportion.normalised('target_type') }} as target_type,
        {{ apportion.trimmed('target') }} as target,
        {{ apportion.trimmed('customer') }} as customer,
        {{ apportion.normalised('kind') }} as kind,
        period_start,
        period_end,
        quantity
    from {{ ref('driver_quantities') }}

),

days as (

    select
        quantities.quantity_id,
        dates.date_day as charge_date,
        cast(1 as {{ apportion.wide_integer() }}) as weight

    from quantities

    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day >= quantities.period_start
        and dates.date_day < quantities.period_end

),

totals as (

    select * from quantities
    where kind = 'total'

),

spread as (

    {{ apportion.allocate_proportionally(
        amounts='totals', drivers='days', partition_by=['quantity_id'], weight='weight',
        order_by=['charge_date'], amount_columns=['quantity'],
        keep=['driver', 'target_type', 'target', 'customer'], targets=['charge_date'],
    ) }}

),

daily as (

    select
        driver,
        charge_date,
        target_type,
        target,
        customer,
        quantity
    from spread
    where charge_date is not null

    union all

    select
        quantities.driver,
        days.charge_date,
        quantities.target_type,
        quantities.target,
        quantities.customer,
        quantities.quantity
    from quantities
    inner join days on quantities.quantity_id = days.quantity_id
    where quantities.kind = 'level'

),

final as (

    select
        driver,
        charge_date,
        target_type,
        target,
        {%- for column in apportion.partition_columns() %}
        {{ 'customer' if column == 'customer' else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as {{ column }},
        {%- endfor %}
        quantity,
        true as is_final
    from daily

)

select * from final
