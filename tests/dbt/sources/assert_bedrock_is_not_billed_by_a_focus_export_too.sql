{#
    A FOCUS export of the same AWS account holds the lines that the CUR holds: read one of the two. Names the month
    and the money that counts twice.
#}
{{ config(enabled='bedrock' in var('providers') and 'focus' in var('providers')) }}
select
    focus.billing_account_id,
    focus.billing_period_start,
    sum(focus.billed_cost) as billed_cost
from {{ ref('int_focus__charges') }} as focus
where focus.service_provider_name = 'AWS'
    and (focus.service_name like '%Bedrock%' or focus.charge_description like '%Bedrock%')
    and exists (
        select 1
        from {{ ref('int_bedrock__charges') }} as bedrock
        where bedrock.billing_account_id = focus.billing_account_id
            and bedrock.billing_period_start = focus.billing_period_start
    )
group by focus.billing_account_id, focus.billing_period_start
