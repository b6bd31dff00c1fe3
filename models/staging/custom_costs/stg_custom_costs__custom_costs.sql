{% set texts = ['provider', 'service', 'currency', 'charge_id', 'billing_account', 'service_category', 'service_subcategory',
    'charge_category', 'sub_account', 'resource', 'description', 'tags', 'invoice_id'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for name in texts + ['period_start', 'period_end', 'billed_cost', 'effective_cost'] %}
    {% do columns.append([name, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_custom_costs', 'custom_costs'), columns) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        charge_date,
        {%- for name in texts %}
        {{ apportion.trimmed(name) }} as {{ name }},
        {%- endfor %}
        cast(substr(period_start, 1, 10) as date) as period_start,
        cast(substr(period_end, 1, 10) as date) as period_end,
        cast(billed_cost as {{ apportion.money() }}) as billed_cost,
        cast(coalesce(effective_cost, billed_cost) as {{ apportion.money() }}) as effective_cost,
        source_file,
        source_row
    from raw_rows

)

select * from final
