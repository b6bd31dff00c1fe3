{#
    By invoice: the charges are its subtotal and tax, as the API wrote them in cents; and by line item: the cents of each
    SKU and day.
#}
{{ config(enabled='mongodb_atlas' in var('providers')) }}
{% set money = apportion.money() %}
with invoices_that_differ as (
    {{ apportion.sums_that_differ(
        one='(select * from (' ~ apportion.raw_columns(source('raw_mongodb_atlas', 'invoices'), [
            ['start_date', 'text'], ['subtotal_cents', 'text'], ['sales_tax_cents', 'text'],
        ]) ~ ') as raw_rows)',
        other=ref('int_mongodb_atlas__charges'),
        keys=[['period', 'cast(start_date as date)', 'cast(billing_period_start as date)']],
        amounts=[[
            'cents',
            'cast(subtotal_cents as ' ~ money ~ ') + coalesce(cast(sales_tax_cents as ' ~ money ~ '), 0)',
            'cast(billed_cost * 100 as ' ~ money ~ ')',
        ]],
    ) }}
),

lines_that_differ as (
    {{ apportion.sums_that_differ(
        one='(select * from (' ~ apportion.raw_columns(source('raw_mongodb_atlas', 'line_items'), [
            ['charge_date', 'date'], ['sku', 'text'], ['total_price_cents', 'text'],
        ]) ~ ') as raw_rows)',
        other="(select * from " ~ ref('int_mongodb_atlas__charges') ~ " where charge_category in ('Usage', 'Credit'))",
        keys=[['charge_date', 'charge_date', 'charge_date'], ['sku', 'sku', 'sku_id']],
        amounts=[[
            'cents', 'cast(total_price_cents as ' ~ money ~ ')', 'cast(billed_cost * 100 as ' ~ money ~ ')',
        ]],
    ) }}
)

select 'invoice' as compared, cast(period as {{ dbt.type_string() }}) as place, one_cents, other_cents from invoices_that_differ
union all
select 'line item' as compared, {{ dbt.concat(['cast(charge_date as ' ~ dbt.type_string() ~ ')', "' '", 'sku']) }} as place, one_cents, other_cents from lines_that_differ
