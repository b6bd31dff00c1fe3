{# The text of a double is read to its last digit, and every row stays. #}
{{ config(enabled='litellm' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_litellm', 'spend_logs'), [['charge_date', 'date'], ['spend_usd', 'text'], ['prompt_tokens', 'bigint']]) ~ ')',
    other=ref('stg_litellm__spend_logs'),
    keys=apportion.same_names(['charge_date']),
    amounts=[
        ['lines', '1', '1'],
        ['spend', 'cast(spend_usd as ' ~ apportion.money() ~ ')', 'estimated_cost'],
        ['prompts', 'prompt_tokens', 'prompt_tokens'],
    ],
) }}
