{#
    Rows of the export have no id, and rows that look alike are real: they are told apart by their file. The same rows
    exported again into another folder would count twice. Names both folders: keep one of them.
#}
{{ config(enabled='gcp' in var('providers')) }}
with

{#  BigQuery writes one export as numbered files of one folder. #}
batches as (

    select
        {{ apportion.without_match('source_file', '[^/]*$') }} as folder,
        billing_account_id,
        export_time,
        count(*) as line_count,
        sum(cost) as cost,
        min(sku_id) as first_sku,
        max(sku_id) as last_sku,
        min(project_id) as first_project,
        max(resource_name) as last_resource,
        min(usage_start_time) as first_used,
        max(usage_end_time) as last_used
    from {{ ref('stg_gcp__billing_export') }}
    group by
        {{ apportion.without_match('source_file', '[^/]*$') }},
        billing_account_id,
        export_time

)

select
    one.folder,
    other.folder as other_folder,
    one.export_time,
    one.line_count,
    one.cost
from batches as one
inner join batches as other
    on one.folder < other.folder
    and one.billing_account_id = other.billing_account_id
    and one.export_time = other.export_time
    and one.line_count = other.line_count
    and one.cost = other.cost
    and {{ apportion.is_same('one.first_sku', 'other.first_sku') }}
    and {{ apportion.is_same('one.last_sku', 'other.last_sku') }}
    and {{ apportion.is_same('one.first_project', 'other.first_project') }}
    and {{ apportion.is_same('one.last_resource', 'other.last_resource') }}
    and {{ apportion.is_same('one.first_used', 'other.first_used') }}
    and {{ apportion.is_same('one.last_used', 'other.last_used') }}
