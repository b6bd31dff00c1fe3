{#
    Every record once, with its quantity: prices neither drop nor multiply one.
#}
{{ config(enabled='databricks_usage' in var('providers')) }}
{%- set raw -%}
    (
        select charge_date, sku_name, quantity
        from (
            select
                charge_date,
                sku_name,
                record_id,
                {#  A record that is in two files is one record. #}
                max(cast(usage_quantity as {{ apportion.money() }})) as quantity
            from ({{ apportion.raw_columns(source('raw_databricks_usage', 'usage'), [
                ['charge_date', 'date'], ['sku_name', 'text'], ['record_id', 'text'], ['usage_quantity', 'text'],
            ]) }}) as usage
            group by charge_date, sku_name, record_id
        ) as records
    )
{%- endset -%}
{{ apportion.sums_that_differ(
    one=raw,
    other=ref('int_databricks_usage__charges'),
    keys=[['charge_date', 'charge_date', 'charge_date'], ['sku', 'sku_name', 'sku_id']],
    amounts=[['records', '1', '1'], ['quantity', 'quantity', 'consumed_quantity']],
) }}
