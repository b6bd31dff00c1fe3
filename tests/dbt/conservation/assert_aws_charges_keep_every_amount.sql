{#
    Every cent of the CUR is in the charges: what is billed by payer, account, currency and period is the unblended
    cost of all lines, or the net one where the period has it throughout. Left aside: lines that bedrock bills, and
    rows that split a machine which is on the bill itself.
#}
{{ config(enabled='aws' in var('providers')) }}
{% set money = apportion.money() %}
{% set raw = apportion.raw_columns(source('raw_aws', 'cur'), [
    ['charge_date', 'date'], ['bill_payer_account_id', 'text'], ['bill_billing_period_start_date', 'text'],
    ['line_item_usage_account_id', 'text'], ['line_item_currency_code', 'text'], ['line_item_resource_id', 'text'],
    ['line_item_product_code', 'text'], ['bill_billing_entity', 'text'], ['product', 'text'],
    ['product_product_name', 'text'], ['line_item_unblended_cost', 'text'], ['line_item_net_unblended_cost', 'text'],
    ['split_line_item_parent_resource_id', 'text'],
]) %}
{% set billed %}
(
    select
        lines.charge_date,
        lines.bill_payer_account_id,
        lines.line_item_usage_account_id,
        lines.line_item_currency_code,
        case
            when periods.net_lines = periods.all_lines then cast(lines.line_item_net_unblended_cost as {{ money }})
            else cast(lines.line_item_unblended_cost as {{ money }})
        end as cost
    from ({{ raw }}) as lines
    inner join (
        select
            bill_payer_account_id,
            bill_billing_period_start_date,
            count(*) as all_lines,
            count(line_item_net_unblended_cost) as net_lines
        from ({{ raw }}) as counted
        where split_line_item_parent_resource_id is null
        group by
            bill_payer_account_id,
            bill_billing_period_start_date
    ) as periods
        on lines.bill_payer_account_id = periods.bill_payer_account_id
            and lines.bill_billing_period_start_date = periods.bill_billing_period_start_date
    where (
        lines.split_line_item_parent_resource_id is null
        or not exists (
            select 1
            from ({{ raw }}) as machines
            where machines.split_line_item_parent_resource_id is null
                and machines.bill_payer_account_id = lines.bill_payer_account_id
                and machines.bill_billing_period_start_date = lines.bill_billing_period_start_date
                and machines.line_item_resource_id = lines.split_line_item_parent_resource_id
        )
    )
    {%- if 'bedrock' in var('providers') %}
        and not (
            (
                lines.line_item_product_code like 'AmazonBedrock%'
                or (
                    lines.bill_billing_entity = 'AWS Marketplace'
                    and coalesce(lines.product_product_name, {{ apportion.json_label('lines.product', 'product_name') }}, '')
                        like '%Bedrock%'
                )
            )
            and exists (
                select 1
                from {{ ref('stg_bedrock__cur') }} as bedrock
                where bedrock.payer_account_id = lines.bill_payer_account_id
                    and bedrock.billing_period_start
                        = {{ apportion.timestamp_of_text('lines.bill_billing_period_start_date') }}
            )
        )
    {%- endif %}
)
{% endset %}
{{ apportion.sums_that_differ(
    one=billed,
    other=ref('int_aws__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['payer', 'bill_payer_account_id', 'billing_account_id'],
        ['usage_account', 'line_item_usage_account_id', 'sub_account_id'],
        ['currency', 'upper(line_item_currency_code)', 'billing_currency'],
    ],
    amounts=[['cost', 'cost', 'billed_cost']],
) }}
