{# The four counts of an event are disjoint already: the classes sum to them, and requests to the events. #}
{{ config(enabled='cursor' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_cursor__events') ~ " where billing <> 'errored')",
    other='(select * from ' ~ ref('int_cursor__usage') ~ " where x_token_class not in ('seats', 'active_seats'))",
    keys=[['charge_date', 'charge_date', 'charge_date'], ['principal', 'principal', 'x_principal'], ['model', 'model', 'x_model']],
    amounts=[
        [
            'tokens', 'coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)'
            ~ ' + coalesce(cache_write_tokens, 0)', "case when x_token_class <> 'requests' then quantity end",
        ],
        ['requests', '1', "case when x_token_class = 'requests' then quantity end"],
        ['cost', 'amount', 'estimated_cost'],
    ],
) }}
