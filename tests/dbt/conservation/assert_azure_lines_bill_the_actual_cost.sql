{# What is billed of a day and subscription is its actual cost, whatever the amortized export holds of it. #}
{{ config(enabled='azure' in var('providers')) }}
{{ apportion.sums_that_differ(
    one="(select * from " ~ ref('stg_azure__cost_details') ~ " where export_kind = 'actual')",
    other=ref('int_azure__lines'),
    keys=apportion.same_names(['charge_date', 'billing_account_id', 'subscription_id', 'billing_currency']),
    amounts=[['amount', 'cost_in_billing_currency', 'billed_cost']],
) }}
