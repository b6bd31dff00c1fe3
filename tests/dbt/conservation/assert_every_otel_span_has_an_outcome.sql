{# Joins to the spans around and inside lose and double none. #}
{{ config(enabled='otel' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_otel__spans'),
    other=ref('int_otel__calls'),
    keys=apportion.same_names(['charge_date']),
    amounts=[
        ['spans', '1', '1'],
        ['input', 'input_tokens', 'input_tokens'],
        ['output', 'output_tokens', 'output_tokens'],
    ],
) }}
