{#
    A Pinecone export that somebody downloaded holds the lines that the API exports: read one of the two. Names the month
    and the money that counts twice.
#}
{{ config(enabled='pinecone' in var('providers') and 'focus' in var('providers')) }}
select
    focus.billing_account_id,
    focus.billing_period_start,
    sum(focus.billed_cost) as billed_cost
from {{ ref('int_focus__charges') }} as focus
where focus.service_provider_name = 'Pinecone'
    and exists (
        select 1
        from {{ ref('int_pinecone__charges') }} as pinecone
        where pinecone.billing_account_id = focus.billing_account_id
            and pinecone.billing_period_start = focus.billing_period_start
    )
group by focus.billing_account_id, focus.billing_period_start
