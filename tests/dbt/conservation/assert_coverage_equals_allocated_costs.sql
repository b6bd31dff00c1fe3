{# For each tag, the statuses add up to all costs; a note that two rows of a pool share would double them. #}
{% for tag in apportion.standard_tags() if tag != 'shared_pool' %}
select * from (
    {{ apportion.sums_that_differ(
        one=ref('fct_allocated_costs'),
        other="(select * from " ~ ref('fct_allocation_coverage') ~ " where tag = '" ~ tag ~ "')",
        keys=apportion.same_names(['provider_name', 'charge_date']),
        amounts=[
            ['effective_cost', 'effective_cost', 'effective_cost'],
            ['absolute_effective_cost', 'abs(effective_cost)', 'absolute_effective_cost'],
        ],
    ) }}
) as differing
{{ 'union all' if not loop.last }}
{% endfor %}
