{# Uncached and cached input are the prompt again, or what was read from a cache where that is more. #}
{{ config(enabled='openrouter' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_openrouter__activity'),
    other='(select * from ' ~ ref('int_openrouter__usage')
        ~ " where x_token_class in ('input', 'input_uncached', 'cache_read', 'output'))",
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['api_key', 'api_key_hash', 'x_api_key_id'],
        ['model', 'model', 'x_model'],
    ],
    amounts=[[
        'tokens',
        'greatest(coalesce(prompt_tokens, 0), coalesce(cached_tokens, 0)) + coalesce(completion_tokens, 0)',
        'quantity',
    ]],
) }}
