{# Joining names and quantities neither drops nor doubles a line. #}
{{ config(enabled='anthropic' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_anthropic__costs'),
    other=ref('int_anthropic__charges'),
    keys=apportion.same_names(['charge_date']),
    amounts=[['lines', '1', '1'], ['amount', 'amount', 'billed_cost']],
) }}
