{# Cents become dollars. What was paid, refunded or carried over is cash and no cost. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_mongodb_atlas', 'invoices'), [
        ['charge_date', 'date'], ['invoice_id', 'text'], ['status_name', 'text'], ['org_id', 'text'],
        ['start_date', 'text'], ['end_date', 'text'], ['accrued_until', 'text'], ['subtotal_cents', 'text'],
        ['sales_tax_cents', 'text'], ['credits_cents', 'text'],
    ]) }}

),

final as (

    select
        invoice_id,
        charge_date,
        status_name,
        status_name <> 'PENDING' as is_issued,
        org_id,
        cast(start_date as date) as period_start,
        cast(end_date as date) as period_end,
        cast(accrued_until as date) as accrued_until,
        {{ apportion.cents('subtotal_cents') }} as subtotal,
        coalesce({{ apportion.cents('sales_tax_cents') }}, 0) as sales_tax,
        coalesce({{ apportion.cents('credits_cents') }}, 0) as credits,
        'USD' as currency
    from raw_rows

)

select * from final
