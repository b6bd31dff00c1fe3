{#
    Datadog's own total of a product, which no model adds, is what we bill of it. It computes in doubles, so the last
    digits may differ.
#}
{{ config(enabled='datadog' in var('providers')) }}
select
    charge_date,
    org_name,
    product_name,
    sum(case when charge_type = 'total' then amount else 0 end) as total,
    sum(case when charge_type <> 'total' then amount else 0 end) as parts
from (
    select
        charge_date,
        org_name,
        public_id,
        region,
        product_name,
        charge_type,
        cast(cost_usd as {{ apportion.money() }}) as amount
    from (
        {{ apportion.raw_columns(source('raw_datadog', 'costs'), [
            ['charge_date', 'date'], ['org_name', 'text'], ['public_id', 'text'], ['region', 'text'],
            ['product_name', 'text'], ['charge_type', 'text'], ['cost_usd', 'text'],
        ]) }}
    ) as raw_rows
) as costs
group by charge_date, org_name, public_id, region, product_name
having abs(sum(case when charge_type = 'total' then amount else -amount end)) > cast('0.000001' as {{ apportion.money() }})
