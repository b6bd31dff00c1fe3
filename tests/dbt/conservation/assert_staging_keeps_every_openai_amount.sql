{# Dollars stay dollars, whether the API sent a number or a numeric string. #}
{{ config(enabled='openai' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_openai', 'costs'), [['charge_date', 'date'], ['amount', 'text']]) ~ ')',
    other=ref('stg_openai__costs'),
    keys=apportion.same_names(['charge_date']),
    amounts=[['lines', '1', '1'], ['amount', 'cast(amount as ' ~ apportion.money() ~ ')', 'amount']],
) }}
