{# Text becomes numbers and days here, once. #}
{% set texts = [
    'organization_name', 'account_name', 'account_locator', 'region', 'function_name', 'model_name', 'query_id',
    'warehouse_id', 'role_names', 'query_tag', 'user_id', 'metrics',
] %}
{% set amounts = ['credits', 'input_tokens', 'output_tokens', 'total_tokens', 'pages'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['start_time', 'text']] %}
{% for column in texts + amounts %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_snowflake_usage', 'cortex_ai_functions_usage_history'), columns) }}

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
        {{ apportion.timestamp_of_text('start_time') }} as start_time,
        source_file

    from raw_rows

)

select * from final
