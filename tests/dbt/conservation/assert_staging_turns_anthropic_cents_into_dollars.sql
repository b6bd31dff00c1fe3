{# A hundred times what staging has is what the report says, to the last digit. #}
{{ config(enabled='anthropic' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_anthropic', 'costs'), [
        ['charge_date', 'date'], ['amount_cents', 'text'],
    ]) ~ ')',
    other=ref('stg_anthropic__costs'),
    keys=apportion.same_names(['charge_date']),
    amounts=[['lines', '1', '1'], ['cents', 'cast(amount_cents as ' ~ apportion.money() ~ ')', 'amount * 100']],
) }}
