{# Text becomes numbers and times here, once. Rows that split a line over pods stand in stg_aws__split_lines too. #}
{% set text_columns = [
    'bill_bill_type', 'bill_billing_entity', 'bill_billing_period_end_date', 'bill_billing_period_start_date',
    'bill_invoice_id', 'bill_invoicing_entity', 'bill_payer_account_id', 'bill_payer_account_name', 'cost_category',
    'identity_line_item_id', 'identity_time_interval', 'line_item_availability_zone', 'line_item_currency_code',
    'line_item_iam_principal', 'line_item_legal_entity', 'line_item_line_item_description', 'line_item_line_item_type',
    'line_item_operation', 'line_item_product_code', 'line_item_resource_id', 'line_item_tax_type',
    'line_item_usage_account_id', 'line_item_usage_account_name', 'line_item_usage_end_date',
    'line_item_usage_start_date', 'line_item_usage_type', 'pricing_currency', 'pricing_purchase_option',
    'pricing_rate_code', 'pricing_term', 'pricing_unit', 'product', 'product_instance_type', 'product_product_family',
    'product_product_name', 'product_region_code', 'product_servicecode', 'product_sku',
    'reservation_reservation_a_r_n', 'resource_tags', 'savings_plan_offering_type',
    'savings_plan_savings_plan_a_r_n', 'source_file', 'split_line_item_parent_resource_id', 'tags',
] %}
{# What stands here for a column of the export: an amount, a rate or a quantity. #}
{% set numbers = {
    'line_item_net_unblended_cost': 'net_unblended_cost',
    'line_item_unblended_cost': 'unblended_cost',
    'line_item_unblended_rate': 'unblended_rate',
    'line_item_usage_amount': 'usage_amount',
    'pricing_public_on_demand_cost': 'public_cost',
    'pricing_public_on_demand_rate': 'public_rate',
    'reservation_effective_cost': 'reservation_effective_cost',
    'reservation_net_effective_cost': 'reservation_net_effective_cost',
    'reservation_net_unused_amortized_upfront_fee_for_billing_period': 'reservation_net_unused_upfront_fee',
    'reservation_net_unused_recurring_fee': 'reservation_net_unused_recurring_fee',
    'reservation_unused_amortized_upfront_fee_for_billing_period': 'reservation_unused_upfront_fee',
    'reservation_unused_quantity': 'reservation_unused_quantity',
    'reservation_unused_recurring_fee': 'reservation_unused_recurring_fee',
    'savings_plan_net_savings_plan_effective_cost': 'savings_plan_net_effective_cost',
    'savings_plan_savings_plan_effective_cost': 'savings_plan_effective_cost',
    'savings_plan_total_commitment_to_date': 'savings_plan_commitment',
    'savings_plan_used_commitment': 'savings_plan_used_commitment',
    'split_line_item_net_split_cost': 'net_split_cost',
    'split_line_item_net_unused_cost': 'net_unused_cost',
    'split_line_item_split_cost': 'split_cost',
    'split_line_item_split_usage_ratio': 'split_usage_ratio',
    'split_line_item_unused_cost': 'unused_cost',
} %}
{% set typed = [['charge_date', 'date'], ['source_row', 'bigint']] %}
{% for column in text_columns + (numbers | list) %}
    {% do typed.append([column, 'text']) %}
{% endfor %}
{% set is_of_bedrock = "line_item_product_code like 'AmazonBedrock%' or (bill_billing_entity = 'AWS Marketplace' and "
    ~ "coalesce(product_product_name, " ~ apportion.json_label('product', 'product_name') ~ ") like '%Bedrock%')" %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_aws', 'cur'), typed) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        source_file,
        charge_date,
        identity_line_item_id,
        identity_time_interval as time_interval,
        bill_billing_entity as billing_entity,
        bill_invoicing_entity as invoicing_entity,
        bill_bill_type as bill_type,
        bill_invoice_id as invoice_id,
        {{ apportion.timestamp_of_text('bill_billing_period_start_date') }} as billing_period_start,
        {{ apportion.timestamp_of_text('bill_billing_period_end_date') }} as billing_period_end,
        bill_payer_account_id as payer_account_id,
        bill_payer_account_name as payer_account_name,
        line_item_usage_account_id as usage_account_id,
        line_item_usage_account_name as usage_account_name,
        line_item_legal_entity as legal_entity,
        line_item_line_item_type as line_item_type,
        line_item_line_item_description as description,
        line_item_tax_type as tax_type,
        line_item_product_code as product_code,
        coalesce(product_product_name, {{ apportion.json_label('product', 'product_name') }}) as product_name,
        product_product_family as product_family,
        product_instance_type as instance_type,
        product_sku as sku,
        pricing_rate_code as rate_code,
        pricing_term,
        pricing_purchase_option as purchase_option,
        line_item_usage_type as usage_type,
        line_item_operation as operation,
        line_item_resource_id as resource_id,
        line_item_iam_principal as iam_principal,
        line_item_availability_zone as availability_zone,
        product_region_code as region_id,
        coalesce(nullif(tags, '{}'), nullif(resource_tags, '{}')) as tags,
        cost_category,
        {{ apportion.timestamp_of_text('line_item_usage_start_date') }} as usage_start,
        {{ apportion.timestamp_of_text('line_item_usage_end_date') }} as usage_end,
        pricing_unit,
        upper(line_item_currency_code) as currency,
        upper(pricing_currency) as pricing_currency,
        reservation_reservation_a_r_n as reservation_arn,
        savings_plan_savings_plan_a_r_n as savings_plan_arn,
        savings_plan_offering_type as savings_plan_type,
        nullif(split_line_item_parent_resource_id, '') as parent_resource_id,
        coalesce({{ is_of_bedrock }}, false) as is_of_bedrock,
        {%- for column, name in numbers.items() %}
        cast({{ column }} as {{ apportion.money() }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from raw_rows

)

select * from final
