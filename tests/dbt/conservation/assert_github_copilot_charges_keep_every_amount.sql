{# Net is billed, gross is listed, each once, in the months that no other source invoices. Seats are apart. #}
{{ config(enabled='github_copilot' in var('providers')) }}
{% set invoiced = "(select month_start from " ~ ref('int_seats__invoiced_months') ~ " where provider = 'github')" %}
{% set month = apportion.period_start('month', 'charge_date') %}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('stg_github_copilot__usage') ~ ' where ' ~ month ~ ' not in ' ~ invoiced ~ ')',
    other='(select * from ' ~ ref('int_github_copilot__charges') ~ " where charge_category = 'Usage')",
    keys=[
        ['charge_date', 'charge_date', 'charge_date'], ['cost_center', 'cost_center', 'sub_account_id'],
        ['model', 'model', 'x_model'],
    ],
    amounts=[['net', 'net_amount', 'billed_cost'], ['gross', 'gross_amount', 'list_cost'],
        ['credits', 'gross_quantity', 'consumed_quantity']],
) }}
