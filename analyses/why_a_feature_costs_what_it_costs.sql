{#
    What makes up the cost of each feature in a month: directly owned lines, pools, followed tax and credits, each
    with the rule, method and driver behind it. Asked by teams that see a number for the first time.
    Run: dbt show --select why_a_feature_costs_what_it_costs --limit 100
#}
select
    dates.month_start,
    costs.feature,
    costs.allocation_method,
    costs.pool,
    costs.rule_id,
    costs.provider_name,
    costs.service_name,
    costs.driver,
    sum(costs.effective_cost) as effective_cost

from {{ ref('fct_allocated_costs') }} as costs

inner join {{ ref('dim_dates') }} as dates
    on costs.charge_date = dates.date_day

group by
    dates.month_start,
    costs.feature,
    costs.allocation_method,
    costs.pool,
    costs.rule_id,
    costs.provider_name,
    costs.service_name,
    costs.driver

order by dates.month_start desc, costs.feature asc, effective_cost desc
