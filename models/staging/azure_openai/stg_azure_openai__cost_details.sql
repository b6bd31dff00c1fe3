{#
    Text becomes numbers and dates here, once. The cost is in the billing currency; cost_in_usd is another amount, and
    never takes its place.
#}
{% set texts = [
    'benefit_id', 'billing_account_id', 'billing_account_name', 'billing_currency', 'charge_type', 'consumed_service',
    'cost_center', 'frequency', 'invoice_id', 'meter_category', 'meter_id', 'meter_name', 'meter_region',
    'meter_sub_category', 'part_number', 'pricing_currency', 'pricing_model', 'product_name', 'publisher_name',
    'publisher_type', 'reservation_id', 'reservation_name', 'resource_group', 'resource_location', 'resource_name',
    'service_family', 'subscription_name', 'tags', 'term', 'unit_of_measure',
] %}
{#  Azure spells ids in any case. #}
{% set ids = ['resource_id', 'subscription_id'] %}
{% set amounts = [
    'cost_in_billing_currency', 'cost_in_usd', 'effective_price', 'pay_g_price', 'payg_cost_in_billing_currency',
    'quantity', 'unit_price',
] %}
{% set dates = [
    'billing_period_start_date', 'billing_period_end_date', 'service_period_start_date', 'service_period_end_date',
] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for column in texts + ids + amounts + dates %}
    {% do columns.append([column, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_azure_openai', 'cost_details'), columns) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        charge_date,
        {%- for column in texts %}
        {{ column }},
        {%- endfor %}
        {%- for column in ids %}
        lower({{ column }}) as {{ column }},
        {%- endfor %}
        {%- for column in amounts %}
        cast({{ column }} as {{ apportion.money() }}) as {{ column }},
        {%- endfor %}
        {%- for column in dates %}
        cast(substr({{ column }}, 1, 10) as date) as {{ column }},
        {%- endfor %}
        source_file,
        source_row

    from raw_rows

)

select * from final
