{# Text becomes numbers and times here, once. #}
{% set columns = [
    'source_file', 'bill_bill_type', 'bill_billing_entity', 'bill_billing_period_end_date',
    'bill_billing_period_start_date', 'bill_invoice_id', 'bill_invoicing_entity', 'bill_payer_account_id',
    'bill_payer_account_name', 'line_item_currency_code', 'line_item_iam_principal', 'line_item_legal_entity',
    'line_item_line_item_description', 'line_item_line_item_type', 'line_item_operation',
    'line_item_product_code', 'line_item_resource_id', 'line_item_unblended_cost', 'line_item_unblended_rate',
    'line_item_usage_account_id', 'line_item_usage_account_name', 'line_item_usage_amount',
    'line_item_usage_end_date', 'line_item_usage_start_date', 'line_item_usage_type', 'pricing_currency',
    'pricing_public_on_demand_cost', 'pricing_public_on_demand_rate', 'pricing_unit', 'product',
    'product_region_code', 'resource_tags', 'tags',
] %}
{% set typed = [['charge_date', 'date'], ['source_row', 'bigint']] %}
{% for column in columns %}
    {% do typed.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_bedrock', 'cur'), typed) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        charge_date,
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
        line_item_product_code as product_code,
        {{ apportion.json_label('product', 'product_name') }} as product_name,
        line_item_usage_type as usage_type,
        line_item_operation as operation,
        line_item_resource_id as resource_id,
        line_item_iam_principal as iam_principal,
        product_region_code as region_id,
        coalesce(nullif(tags, '{}'), nullif(resource_tags, '{}')) as tags,
        {{ apportion.timestamp_of_text('line_item_usage_start_date') }} as usage_start,
        {{ apportion.timestamp_of_text('line_item_usage_end_date') }} as usage_end,
        pricing_unit,
        cast(line_item_usage_amount as {{ apportion.money() }}) as usage_amount,
        upper(line_item_currency_code) as currency,
        upper(pricing_currency) as pricing_currency,
        cast(line_item_unblended_rate as {{ apportion.money() }}) as unblended_rate,
        cast(line_item_unblended_cost as {{ apportion.money() }}) as unblended_cost,
        cast(pricing_public_on_demand_rate as {{ apportion.money() }}) as public_rate,
        cast(pricing_public_on_demand_cost as {{ apportion.money() }}) as public_cost
    from raw_rows

)

select * from final
