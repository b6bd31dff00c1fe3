{# Every line that makes up the bill is one charge, but for those of models that azure_openai bills. #}
{{ config(enabled='azure' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_azure__lines') ~ ' where not is_billed_elsewhere)',
    other=ref('int_azure__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['billing_currency', 'billing_currency', 'billing_currency'],
        ['subscription', 'subscription_id', 'sub_account_id'],
    ],
    amounts=[
        ['lines', '1', '1'],
        ['billed', 'billed_cost', 'billed_cost'],
        ['effective', 'effective_cost', 'effective_cost'],
    ],
) }}
