{# A hundred times what staging has is what the events say, fractions of a cent included. #}
{{ config(enabled='cursor' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_cursor', 'usage_events'), [
        ['charge_date', 'date'], ['charged_cents', 'text'], ['total_cents', 'text'], ['token_fee_cents', 'text'],
    ]) ~ ')',
    other=ref('stg_cursor__usage_events'),
    keys=apportion.same_names(['charge_date']),
    amounts=[
        ['events', '1', '1'],
        ['charged', 'cast(charged_cents as ' ~ apportion.money() ~ ')', 'amount * 100'],
        ['total', 'cast(total_cents as ' ~ apportion.money() ~ ')', 'cost_before_discount * 100'],
        ['fee', 'cast(token_fee_cents as ' ~ apportion.money() ~ ')', 'token_fee * 100'],
    ],
) }}
