{# Joining names and quantities neither drops nor doubles a line. #}
{{ config(enabled='openai' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_openai__costs'),
    other=ref('int_openai__charges'),
    keys=apportion.same_names(['charge_date']),
    amounts=[['lines', '1', '1'], ['amount', 'amount', 'billed_cost']],
) }}
