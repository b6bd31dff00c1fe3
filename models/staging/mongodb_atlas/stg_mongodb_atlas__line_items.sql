{# Total and discount are cents, the unit price is dollars. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_mongodb_atlas', 'line_items'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['invoice_id', 'text'], ['group_id', 'text'],
        ['group_name', 'text'], ['cluster_name', 'text'], ['sku', 'text'], ['note', 'text'], ['start_date', 'text'],
        ['end_date', 'text'], ['unit', 'text'], ['quantity', 'text'], ['unit_price_dollars', 'text'],
        ['total_price_cents', 'text'], ['discount_cents', 'text'], ['tags', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        invoice_id,
        group_id as project_id,
        group_name as project_name,
        cluster_name,
        sku,
        note,
        {{ apportion.timestamp_of_text('start_date') }} as started_at,
        {{ apportion.timestamp_of_text('end_date') }} as ended_at,
        unit,
        cast(quantity as {{ apportion.money() }}) as quantity,
        cast(unit_price_dollars as {{ apportion.money() }}) as unit_price,
        {{ apportion.cents('total_price_cents') }} as amount,
        coalesce({{ apportion.cents('discount_cents') }}, 0) as discount,
        tags,
        'USD' as currency
    from raw_rows

)

select * from final
