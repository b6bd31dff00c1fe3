{#
    The largest tuples without a feature, with what a rule could look at. Asked by whoever keeps the rules, before
    writing the next one. Run: dbt show --select what_nobody_owns --limit 20
#}
select
    sum(costs.effective_cost) as effective_cost,
    attributes.provider,
    attributes.sub_account_name,
    attributes.service,
    attributes.resource_name,
    attributes.api_key_name,
    attributes.description,
    attributes.labels

from {{ ref('fct_allocated_costs') }} as costs

inner join {{ ref('dim_charge_attributes') }} as attributes
    on costs.tag_key = attributes.tag_key

where costs.feature = 'Unallocated' and costs.allocation_method = 'direct'

group by
    attributes.provider,
    attributes.sub_account_name,
    attributes.service,
    attributes.resource_name,
    attributes.api_key_name,
    attributes.description,
    attributes.labels

order by effective_cost desc
