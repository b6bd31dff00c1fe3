{# Usage of a SKU without a price at its time costs 0 here and not on the invoice: export list_prices again, as a whole. #}
{{ config(severity='warn', enabled='databricks_usage' in var('providers')) }}
select
    sku_id,
    consumed_unit,
    min(charge_date) as first_day,
    sum(consumed_quantity) as quantity
from {{ ref('int_databricks_usage__charges') }}
where charge_description like 'No price: %'
group by
    sku_id,
    consumed_unit
