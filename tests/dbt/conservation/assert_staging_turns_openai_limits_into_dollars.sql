{# Limits are cents where costs are dollars: a hundred times what staging has is what the API says. #}
{{ config(enabled='openai' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_openai', 'spend_limits'), [['id', 'text'], ['threshold_cents', 'text']]) ~ ')',
    other=ref('stg_openai__spend_limits'),
    keys=apportion.same_names(['id']),
    amounts=[['cents', 'cast(threshold_cents as ' ~ apportion.money() ~ ')', 'threshold * 100']],
) }}
