{# Naming deployments and subscriptions neither drops nor doubles a token. #}
{{ config(enabled='azure_openai' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_azure_openai__token_metrics'),
    other=ref('int_azure_openai__usage'),
    keys=[['charge_date', 'charge_date', 'charge_date'], ['deployment_id', 'deployment_id', 'x_api_key_id']],
    amounts=[['lines', '1', '1'], ['total', 'total', 'quantity']],
) }}
