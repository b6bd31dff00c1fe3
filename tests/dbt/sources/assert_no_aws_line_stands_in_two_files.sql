{#
    Files without period folders and manifests all count: two copies of an export would bill it twice. A line is known
    by its id and hours within one delivery. Names the period and one of the files.
#}
{{ config(enabled='aws' in var('providers')) }}
select
    payer_account_id,
    billing_period_start,
    identity_line_item_id,
    time_interval,
    usage_start,
    line_item_type,
    usage_type,
    min(source_file) as one_file,
    max(source_file) as other_file
from {{ ref('stg_aws__cur') }}
where identity_line_item_id is not null
group by
    payer_account_id,
    billing_period_start,
    identity_line_item_id,
    time_interval,
    usage_start,
    line_item_type,
    usage_type
having count(distinct source_file) > 1
