{# Prices, models and owners are looked up without dropping or doubling a row of usage. #}
{{ apportion.sums_that_differ(
    one=ref('int_usage__daily'),
    other=ref('fct_ai_usage'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['token_class', 'x_token_class', 'token_class'],
        ['model', 'x_model', 'model'],
        ['tag_key', 'tag_key', 'tag_key'],
    ],
    amounts=[['quantity', 'quantity', 'quantity']],
) }}
