{#
    What staging reads of Azure's cost details, for every source that lands them. Text becomes numbers and dates here,
    once. The cost is in the billing currency; cost_in_usd is another amount, and never takes its place.
    raw        the source's schema, raw_<source>
    texts      further columns that it has
    amounts    further amounts that it has
#}
{% macro azure_cost_details(raw, texts=[], amounts=[]) %}
    {% set texts = [
        'benefit_id', 'billing_account_id', 'billing_account_name', 'billing_currency', 'charge_type',
        'consumed_service', 'cost_center', 'frequency', 'invoice_id', 'meter_category', 'meter_id', 'meter_name',
        'meter_region', 'meter_sub_category', 'part_number', 'pricing_currency', 'pricing_model', 'product_name',
        'publisher_name', 'publisher_type', 'reservation_id', 'reservation_name', 'resource_group',
        'resource_location', 'resource_name', 'service_family', 'subscription_name', 'tags', 'term',
        'unit_of_measure',
    ] + texts %}
    {#  Azure spells ids in any case. #}
    {% set ids = ['resource_id', 'subscription_id'] %}
    {% set amounts = [
        'cost_in_billing_currency', 'cost_in_usd', 'effective_price', 'pay_g_price', 'payg_cost_in_billing_currency',
        'quantity', 'unit_price',
    ] + amounts %}
    {% set dates = [
        'billing_period_start_date', 'billing_period_end_date', 'service_period_start_date', 'service_period_end_date',
    ] %}
    {% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
    {% for column in texts + ids + amounts + dates %}
        {% do columns.append([column, 'text']) %}
    {% endfor %}
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
    from (
        {{ apportion.raw_columns(source(raw, 'cost_details'), columns) }}
    ) as raw_rows
{% endmacro %}

{# Azure's tags as a JSON object; EA leaves out the braces. #}
{% macro azure_tags(tags) -%}
    case
        when trim({{ tags }}) in ('{}', '') then null
        when substr(trim({{ tags }}), 1, 1) = '{' then {{ tags }}
        when {{ tags }} is not null then {{ dbt.concat(["'{'", tags, "'}'"]) }}
    end
{%- endmacro %}

{# FOCUS's charge category of Azure's charge type; what Azure names otherwise adjusts the bill (RoundingAdjustment). #}
{% macro azure_charge_category(charge_type) -%}
    case
        when lower({{ charge_type }}) = 'usage' or {{ charge_type }} is null then 'Usage'
        when lower({{ charge_type }}) in ('unusedreservation', 'unusedsavingsplan') then 'Usage'
        when lower({{ charge_type }}) in ('purchase', 'refund') then 'Purchase'
        when lower({{ charge_type }}) = 'tax' then 'Tax'
        when lower({{ charge_type }}) = 'credit' then 'Credit'
        else 'Adjustment'
    end
{%- endmacro %}

{# FOCUS's charge frequency of Azure's. #}
{% macro azure_charge_frequency(frequency) -%}
    case
        when lower({{ frequency }}) = 'onetime' then 'One-Time'
        when lower({{ frequency }}) = 'recurring' then 'Recurring'
        else 'Usage-Based'
    end
{%- endmacro %}
