{#
    What does each product cost, and what is that made of: AI, compute, Kubernetes, databases, SaaS, shared parts? The parts
    of a row add up to its total exactly. Asked by whoever prices a product.
    Run: dbt show --select product_cost_by_kind --limit 50
#}
select
    month_start,
    product,
    {%- for kind in apportion.cost_kinds() %}
    sum(case when cost_kind = '{{ kind }}' then effective_cost else 0 end) as {{ kind | replace(' ', '_') }},
    {%- endfor %}
    sum(effective_cost) as total

from {{ ref('fct_product_costs') }}

group by
    month_start,
    product

order by month_start desc, total desc
