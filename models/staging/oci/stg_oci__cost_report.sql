{# Text becomes numbers and times here, once. #}
{% set texts = [
    'reference_no', 'tenant_id', 'backreference_no', 'service', 'compartment_id', 'compartment_name', 'region',
    'availability_domain', 'resource_id', 'description', 'subscription_id', 'product_sku', 'currency_code',
    'billing_unit_readable', 'sku_unit_description', 'overage_flag', 'tags',
] %}
{% set amounts = [
    'billed_quantity', 'billed_quantity_overage', 'unit_price', 'unit_price_overage', 'my_cost', 'my_cost_overage',
] %}
{% set times = ['interval_usage_start', 'interval_usage_end'] %}
{% set columns = [
    ['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['is_correction', 'text'],
] %}
{% for column in texts + amounts + times %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_oci', 'cost_report'), columns) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        charge_date,
        {%- for column in texts %}
        {{ column }},
        {%- endfor %}
        coalesce(is_correction = 'true', false) as is_correction,
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
