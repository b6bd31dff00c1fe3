{# Each observation that counts is one request with all of its tokens and its estimate; the classes sum to the total. #}
{{ config(enabled='langfuse' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_langfuse__observations') ~ " where counted_as = 'call')",
    other=ref('int_langfuse__usage'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['project_id', 'project_id', 'x_api_key_id'],
        ['model', 'model', 'x_model'],
    ],
    amounts=[
        ['calls', '1', "case when x_token_class = 'requests' then quantity end"],
        ['tokens', 'coalesce(told_total, tokens)', "case when x_token_class <> 'requests' then quantity end"],
        ['estimates', 'estimated_cost', 'estimated_cost'],
    ],
) }}
