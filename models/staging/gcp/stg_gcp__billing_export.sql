{# Text becomes numbers and times here, once. `cost` is before credits: they are rows of stg_gcp__credits. #}
{% set texts = [
    'billing_account_id', 'service_id', 'service_description', 'sku_id', 'sku_description', 'project_id', 'project_name',
    'labels', 'bill_tags', 'system_labels', 'location', 'location_region', 'location_zone', 'resource_name',
    'resource_global_name', 'currency', 'usage_unit', 'usage_pricing_unit', 'invoice_month', 'cost_type',
    'adjustment_info_description', 'transaction_type', 'seller_name', 'subscription_instance_id', 'consumption_model_id',
    'consumption_model_description', 'price_tier_start_amount',
] %}
{% set amounts = [
    'cost', 'cost_at_list', 'cost_at_effective_price_default', 'currency_conversion_rate', 'usage_amount',
    'usage_amount_in_pricing_units',
] %}
{% set times = ['usage_start_time', 'usage_end_time', 'export_time'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for column in texts + amounts + times %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_gcp', 'billing_export'), columns) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        charge_date,
        {%- for column in texts %}
        {{ column }},
        {%- endfor %}
        {%- for column in amounts %}
        cast({{ column }} as {{ apportion.money() }}) as {{ column }},
        {%- endfor %}
        {%- for column in times %}
        {{ apportion.timestamp_of_text(column) }} as {{ column }},
        {%- endfor %}
        source_file,
        source_row

    from raw_rows

)

select * from final
