{# Every billed event is on a charge once, in the months that no other source invoices. Seats are apart. #}
{{ config(enabled='cursor' in var('providers')) }}
{% set invoiced = "(select month_start from " ~ ref('int_seats__invoiced_months') ~ " where provider = 'cursor')" %}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_cursor__events') ~ " where billing = 'billed' and month_start not in " ~ invoiced ~ ')',
    other='(select * from ' ~ ref('int_cursor__charges') ~ " where charge_category = 'Usage')",
    keys=[['charge_date', 'charge_date', 'charge_date'], ['principal', 'principal', 'x_principal'], ['model', 'model', 'x_model']],
    amounts=[
        ['amount', 'amount', 'billed_cost'],
        [
            'tokens', 'coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)'
            ~ ' + coalesce(cache_write_tokens, 0)', "case when x_token_class = 'tokens' then consumed_quantity end",
        ],
    ],
) }}
