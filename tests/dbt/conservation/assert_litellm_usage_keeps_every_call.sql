{#
    The classes of a day sum to the prompts and answers of its billed calls, whose estimates come along once. Where the
    emitter left out of the prompt what was cached, the classes have that too.
#}
{{ config(enabled='litellm' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_litellm__calls') ~ " where outcome = 'call')",
    other=ref('int_litellm__usage'),
    keys=[['charge_date', 'charge_date', 'charge_date'], ['model', 'model', 'x_model']],
    amounts=[
        ['requests', '1', "case when x_token_class = 'requests' then quantity end"],
        [
            'tokens',
            'prompt_tokens + completion_tokens + case when cache_read_tokens + cache_creation_tokens > prompt_tokens'
                ~ ' then cache_read_tokens + cache_creation_tokens else 0 end',
            "case when x_token_class like 'input%' or x_token_class like 'cache%' or x_token_class like 'output%' then quantity end",
        ],
        ['estimates', 'estimated_cost', 'estimated_cost'],
    ],
) }}
