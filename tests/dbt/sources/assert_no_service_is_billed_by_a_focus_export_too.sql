{#
    A report that somebody downloaded into the folder of source focus holds the lines that the vendor's API has: read one
    of the two. Names the account, the month and the money that counts twice.
#}
{% set vendors = [] %}
{% for vendor in ['mongodb_atlas', 'pinecone', 'redis_cloud'] if vendor in var('providers') %}
    {% do vendors.append(vendor) %}
{% endfor %}
{{ config(enabled='focus' in var('providers') and vendors | length > 0) }}
{% for vendor in vendors %}
select
    '{{ vendor }}' as also_read_by,
    focus.billing_account_id,
    focus.billing_period_start,
    sum(focus.billed_cost) as billed_cost
from {{ ref('int_focus__charges') }} as focus
where exists (
    select 1
    from {{ ref('int_' ~ vendor ~ '__charges') }} as vendor
    where vendor.billing_account_id = focus.billing_account_id
        and vendor.service_provider_name = focus.service_provider_name
        and vendor.billing_period_start = focus.billing_period_start
)
group by focus.billing_account_id, focus.billing_period_start
{{ 'union all' if not loop.last }}
{% endfor %}
