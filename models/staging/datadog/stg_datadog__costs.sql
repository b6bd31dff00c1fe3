{# `total` is committed and on demand once more; it stays in the raw table, where a test compares it with them. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_datadog', 'costs'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['status', 'text'], ['accrued_until', 'text'],
        ['public_id', 'text'], ['org_name', 'text'], ['region', 'text'], ['product_name', 'text'],
        ['charge_type', 'text'], ['cost_usd', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        status = 'final' as is_final,
        cast(accrued_until as date) as accrued_until,
        public_id as organization_id,
        org_name as organization_name,
        region,
        product_name,
        charge_type,
        cast(cost_usd as {{ apportion.money() }}) as amount,
        'USD' as currency
    from raw_rows
    where charge_type <> 'total'

)

select * from final
