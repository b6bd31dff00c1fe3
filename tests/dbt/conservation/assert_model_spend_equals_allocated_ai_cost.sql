{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('fct_allocated_costs') ~ " where service_category = 'AI and Machine Learning')",
    other=ref('fct_model_tier_spend'),
    keys=apportion.same_names(['provider_name', 'feature']),
    amounts=apportion.same_names(['billed_cost', 'effective_cost']),
) }}
