{# The classes of a day and account sum to what its records count, but for records that are no call of their own. #}
{{ config(enabled='bedrock' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(select distinct charge_date, account_id, region, request_id, input_token_count, '
        ~ 'cache_read_input_token_count, cache_write_input_token_count, output_token_count from '
        ~ ref('stg_bedrock__invocations')
        ~ ' where error_code is null or coalesce(output_token_count, 0) > 0)',
    other='(select * from ' ~ ref('int_bedrock__usage') ~ " where x_token_class <> 'requests')",
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['usage_account', 'account_id', 'sub_account_id'],
    ],
    amounts=[[
        'tokens',
        'coalesce(input_token_count, 0) + coalesce(cache_read_input_token_count, 0)'
            ~ ' + coalesce(cache_write_input_token_count, 0) + coalesce(output_token_count, 0)',
        'quantity',
    ]],
) }}
