{# Of each SKU and price the quantities added up make the cost, to within what is cut from the last place of each record. #}
{{ config(enabled='databricks_usage' in var('providers')) }}
select
    sku_id,
    contracted_unit_price,
    sum(billed_cost) as summed_cost,
    count(*) as records
from {{ ref('int_databricks_usage__charges') }}
group by
    sku_id,
    contracted_unit_price
having abs(
    sum(billed_cost)
    - {{ apportion.product_of('cast(sum(consumed_quantity) as ' ~ apportion.money() ~ ')', 'contracted_unit_price') }}
) > count(*) * cast('0.000000000000000001' as {{ apportion.money() }})
