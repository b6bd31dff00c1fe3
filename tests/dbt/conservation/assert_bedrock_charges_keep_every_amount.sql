{# Every line of the CUR is one charge, and its cost is what the export says, to the last digit. #}
{{ config(enabled='bedrock' in var('providers')) }}
{{ apportion.sums_that_differ(
    one='(' ~ apportion.raw_columns(source('raw_bedrock', 'cur'), [
        ['charge_date', 'date'], ['line_item_usage_account_id', 'text'], ['line_item_unblended_cost', 'text'],
    ]) ~ ')',
    other=ref('int_bedrock__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['usage_account', 'line_item_usage_account_id', 'sub_account_id'],
    ],
    amounts=[
        ['lines', '1', '1'],
        ['cost', 'cast(line_item_unblended_cost as ' ~ apportion.money() ~ ')', 'billed_cost'],
    ],
) }}
