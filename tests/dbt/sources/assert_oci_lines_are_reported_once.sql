{# Oracle numbers its lines: one that stands in two files (a report that was saved twice) would be billed twice. #}
{{ config(enabled='oci' in var('providers')) }}
select
    reference_no,
    min(line_id) as line_id,
    max(line_id) as other_line_id,
    sum(my_cost) as my_cost
from {{ ref('stg_oci__cost_report') }}
group by tenant_id, reference_no
having count(*) > 1
