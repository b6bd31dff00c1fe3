{#
    Each token stands in one class: the classes of a day sum to what OpenAI reports as input and output, and
    requests are no tokens.
#}
{{ config(enabled='openai' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_openai__usage'),
    other='(select * from ' ~ ref('int_openai__usage')
        ~ " where x_token_class like 'input%' or x_token_class like 'cache%' or x_token_class like 'output%')",
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['project_id', 'project_id', 'sub_account_id'],
        ['model', 'model', 'x_model'],
    ],
    amounts=[['tokens', 'coalesce(input_tokens, 0) + coalesce(output_tokens, 0)', 'quantity']],
) }}
