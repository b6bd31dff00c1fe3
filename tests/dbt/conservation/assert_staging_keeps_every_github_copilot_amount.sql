{# Dollars stay dollars; credits are no part of them. #}
{{ config(enabled='github_copilot' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_github_copilot', 'usage'), [
        ['charge_date', 'date'], ['gross_dollars', 'text'], ['discount_dollars', 'text'], ['net_dollars', 'text'],
    ]) ~ ')',
    other=ref('stg_github_copilot__usage'),
    keys=apportion.same_names(['charge_date']),
    amounts=[
        ['lines', '1', '1'],
        ['gross', 'cast(gross_dollars as ' ~ apportion.money() ~ ')', 'gross_amount'],
        ['discount', 'cast(discount_dollars as ' ~ apportion.money() ~ ')', 'discount_amount'],
        ['net', 'cast(net_dollars as ' ~ apportion.money() ~ ')', 'net_amount'],
    ],
) }}
