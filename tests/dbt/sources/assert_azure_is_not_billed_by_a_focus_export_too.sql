{#
    A FOCUS export of the same account holds the lines that the cost details hold: read one of the two. Names the month
    and the money that counts twice.
#}
{{ config(enabled='azure' in var('providers') and 'focus' in var('providers')) }}
select
    focus.billing_account_id,
    focus.billing_period_start,
    sum(focus.billed_cost) as billed_cost
from {{ ref('int_focus__charges') }} as focus
where focus.service_provider_name = 'Microsoft'
    and exists (
        select 1
        from {{ ref('int_azure__charges') }} as azure
        {#  FOCUS has the account's whole path. #}
        where lower({{ apportion.last_part('focus.billing_account_id') }}) = lower(azure.billing_account_id)
            and azure.billing_period_start = focus.billing_period_start
    )
group by focus.billing_account_id, focus.billing_period_start
