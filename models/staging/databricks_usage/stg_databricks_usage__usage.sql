{#
    Text becomes numbers and times here, once. A record has an id: exported twice it counts once, as it was told last.
    Retractions are records of their own and stay.
#}
{% set texts = [
    'record_id', 'account_id', 'workspace_id', 'sku_name', 'cloud', 'custom_tags', 'usage_unit', 'usage_metadata',
    'identity_metadata', 'record_type', 'billing_origin_product', 'product_features', 'usage_type',
] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for column in texts + ['usage_quantity', 'usage_start_time', 'usage_end_time', 'ingestion_date'] %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_databricks_usage', 'usage'), columns) }}

),

numbered as (

    select
        raw_rows.*,
        row_number() over (
            partition by record_id order by ingestion_date desc, source_file desc, source_row desc
        ) as telling
    from raw_rows

),

final as (

    select
        charge_date,
        {%- for column in texts %}
        {{ column }},
        {%- endfor %}
        cast(usage_quantity as {{ apportion.money() }}) as usage_quantity,
        {{ apportion.timestamp_of_text('usage_start_time') }} as usage_start_time,
        {{ apportion.timestamp_of_text('usage_end_time') }} as usage_end_time,
        cast(substr(ingestion_date, 1, 10) as date) as ingestion_date,
        source_file,
        source_row
    from numbered
    where telling = 1

)

select * from final
