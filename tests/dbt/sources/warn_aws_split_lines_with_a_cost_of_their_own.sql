{#
    A row that splits a machine over pods costs nothing by itself. Where one does and the machine is on the bill too, its
    cost is left out, since it would count twice: compare the invoice.
#}
{{ config(severity='warn', enabled='aws' in var('providers')) }}
select
    payer_account_id,
    billing_period_start,
    parent_resource_id,
    sum(unblended_cost) as unblended_cost
from {{ ref('stg_aws__split_lines') }}
where unblended_cost <> 0
group by
    payer_account_id,
    billing_period_start,
    parent_resource_id
