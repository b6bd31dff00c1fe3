{% set texts = ['provider', 'account', 'account_name', 'sub_account', 'sub_account_name', 'service', 'key', 'key_name', 'model',
    'service_tier', 'context_tier', 'region_scope', 'measure', 'principal', 'gateway', 'workload', 'labels',
    'attribution_level'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for name in texts + ['quantity', 'estimated_cost'] %}
    {% do columns.append([name, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_telemetry', 'telemetry'), columns) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        charge_date,
        {%- for name in texts %}
        {{ apportion.trimmed(name) }} as {{ {'key': 'api_key', 'key_name': 'api_key_name'}.get(name, name) }},
        {%- endfor %}
        cast(quantity as {{ apportion.money() }}) as quantity,
        cast(estimated_cost as {{ apportion.money() }}) as estimated_cost,
        source_file,
        source_row
    from raw_rows

)

select * from final
