{# A record never changes, it is retracted. One id with two quantities is two files of different accounts, or a broken export. #}
{{ config(enabled='databricks_usage' in var('providers')) }}
select
    record_id,
    min(usage_quantity) as quantity,
    max(usage_quantity) as other_quantity
from (
    {{ apportion.raw_columns(source('raw_databricks_usage', 'usage'), [['record_id', 'text'], ['usage_quantity', 'text']]) }}
) as usage
group by record_id
having count(distinct cast(usage_quantity as {{ apportion.money() }})) > 1
