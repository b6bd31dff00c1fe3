{# Text becomes numbers and times here, once. `cost` is before credits: they are rows of stg_vertex__credits. #}
{% set texts = [
    'billing_account_id', 'service_id', 'service_description', 'sku_id', 'sku_description', 'project_id', 'project_name',
    'labels', 'location', 'location_region', 'resource_name', 'resource_global_name', 'currency', 'usage_unit',
    'invoice_month', 'cost_type', 'adjustment_info_description', 'transaction_type', 'seller_name',
] %}
{% set amounts = ['cost', 'cost_at_list', 'usage_amount'] %}
{% set times = ['usage_start_time', 'usage_end_time', 'export_time'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for column in texts + amounts + times %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_vertex', 'billing_export'), columns) }}

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
        {#  Thinking is billed as output, on a line of its own. #}
        case
            when {{ apportion.has_word(apportion.meter_words('sku_description'), ['thinking']) }}
                then cast(usage_amount as {{ apportion.money() }})
        end as reasoning_output,
        source_file,
        source_row

    from raw_rows

)

select * from final
