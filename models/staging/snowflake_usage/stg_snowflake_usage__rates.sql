{# Text becomes numbers and days here, once. #}
{% set texts = [
    'organization_name', 'account_name', 'account_locator', 'region', 'contract_number', 'service_level', 'currency',
    'usage_type', 'billing_type', 'rating_type', 'service_type',
] %}
{% set amounts = ['effective_rate'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for column in texts + amounts %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_snowflake_usage', 'rate_sheet_daily'), columns) }}

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
