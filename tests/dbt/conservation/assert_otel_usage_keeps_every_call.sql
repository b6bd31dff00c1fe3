{#
    The classes of a day sum to what its calls told: input and output, and beside an input that leaves it out what was
    cached.
#}
{{ config(enabled='otel' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_otel__calls') ~ " where outcome = 'call')",
    other=ref('int_otel__usage'),
    keys=[['charge_date', 'charge_date', 'charge_date'], ['model', 'model', 'x_model']],
    amounts=[
        ['requests', '1', "case when x_token_class = 'requests' then quantity end"],
        [
            'tokens',
            'input_tokens + output_tokens'
                ~ ' + case when leaves_cache_out then cache_read_tokens + cache_creation_tokens else 0 end',
            "case when x_token_class <> 'requests' then quantity end",
        ],
    ],
) }}
