{# Reading meters neither drops nor doubles a line. #}
{{ config(enabled='azure_openai' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_azure_openai__cost_details'),
    other=ref('int_azure_openai__charges'),
    keys=apportion.same_names(['charge_date', 'billing_currency']),
    amounts=[['lines', '1', '1'], ['amount', 'cost_in_billing_currency', 'billed_cost']],
) }}
