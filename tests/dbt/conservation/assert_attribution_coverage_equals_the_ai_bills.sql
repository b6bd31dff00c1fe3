{# Coverage tells of every AI line once, and of every line of a Kubernetes node that was split. #}
{{ apportion.sums_that_differ(
    one="(select * from " ~ ref('fct_charges') ~ " where service_category = 'AI and Machine Learning' or x_token_class is not null or x_charge_id in (select x_charge_id from "
        ~ ref('fct_attributed_charges') ~ " where attribution_level in ('workload', 'idle', 'unobserved')))",
    other=ref('fct_attribution_coverage'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['provider_name', 'service_provider_name', 'provider_name'],
        ['billing_currency', 'billing_currency', 'billing_currency'],
    ],
    amounts=[['billed_cost', 'billed_cost', 'billed_cost'], ['effective_cost', 'effective_cost', 'effective_cost']],
) }}
