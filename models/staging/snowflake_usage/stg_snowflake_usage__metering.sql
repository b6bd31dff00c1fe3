{# Text becomes numbers and days here, once. #}
{% set texts = ['organization_name', 'account_name', 'account_locator', 'region', 'service_type'] %}
{% set amounts = [
    'credits_used_compute', 'credits_used_cloud_services', 'credits_used', 'credits_adjustment_cloud_services',
    'credits_billed',
] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for column in texts + amounts %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_snowflake_usage', 'metering_daily_history'), columns) }}

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
        source_file

    from raw_rows

)

select * from final
