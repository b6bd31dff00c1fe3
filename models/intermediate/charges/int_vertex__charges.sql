{#
    A project is our sub account. A credit is a line of its own, so that nothing that Google gave is summed away. Model
    and token class stand only in the description of the SKU ("Gemini 3.7 Flash Global Text Input - Predictions"); what
    cannot be told stays null, and the text itself is the SKU's meter.
#}
{% set words = apportion.meter_words('sku_description') %}
{% set modalities = ['audio', 'image', 'video'] %}
{#  What a description says beside the model. "GA" is a stage, no model. #}
{% set known = [
    'ga', 'preview', 'global', 'regional', 'text', 'audio', 'image', 'video', 'thinking', 'input', 'output', 'caching',
    'cached', 'storage', 'batch', 'priority', 'flex', 'long', 'short', 'context', 'predictions', 'prediction',
    'provisioned', 'throughput', 'tokens', 'characters',
] %}

with

lines as (

    select * from {{ ref('stg_vertex__billing_export') }}

),

worded as (

    select
        lines.*,
        {{ words }} as words
    from lines

),

read_apart as (

    select
        worded.*,
        {{ apportion.has_word('words', ['gemini', 'gemma', 'claude', 'imagen', 'veo', 'palm', 'embeddings?']) }} as has_model,
        {#  The oldest models are billed by the character, and count them like tokens. #}
        {{ apportion.has_word('words', ['palm', 'gemini  1.0', 'characters']) }} as is_by_character,
        case
            when {{ apportion.has_word('words', ['storage']) }} then 'cache_storage'
            when {{ apportion.has_word('words', ['provisioned']) }} or usage_unit = 'mo' then 'tokens'
            {%- for modality in modalities %}
            when {{ apportion.has_word('words', [modality]) }} and {{ apportion.has_word('words', ['caching', 'cached']) }}
                then 'cache_read_{{ modality }}'
            when {{ apportion.has_word('words', [modality]) }} and {{ apportion.has_word('words', ['input']) }}
                then 'input_{{ modality }}'
            when {{ apportion.has_word('words', [modality]) }} and {{ apportion.has_word('words', ['output']) }}
                then 'output_{{ modality }}'
            {%- endfor %}
            when {{ apportion.has_word('words', ['caching', 'cached']) }} then 'cache_read'
            {#  Thinking is output. #}
            when {{ apportion.has_word('words', ['output']) }} then 'output'
            when {{ apportion.has_word('words', ['input', 'embeddings?']) }} then 'input_uncached'
        end as counted,
        case
            when {{ apportion.has_word('words', ['provisioned']) }} or usage_unit = 'mo' then 'provisioned'
            when {{ apportion.has_word('words', ['batch']) }} then 'batch'
            when {{ apportion.has_word('words', ['priority']) }} then 'priority'
            when {{ apportion.has_word('words', ['flex']) }} then 'flex'
            else 'standard'
        end as tier,
        {{ apportion.without_words('words', known) }} as model

    from worded

),

{#  Only the SKUs of models speak of tokens; "Custom training" is a line like any other. #}
usage_lines as (

    select
        read_apart.*,
        case
            when not has_model then null
            when is_by_character and counted = 'input_uncached' then 'input_characters'
            when is_by_character and counted = 'output' then 'output_characters'
            else counted
        end as token_class,
        case
            when has_model and counted = 'cache_storage' and usage_unit = 'h' then 'Token-Hours'
            when has_model and counted = 'tokens' and usage_unit = 'mo' then 'Months'
            when has_model and is_by_character and usage_unit = 'count' then 'Characters'
            when has_model and counted is not null and usage_unit = 'count' then 'Tokens'
            else usage_unit
        end as unit

    from read_apart

),

charge_lines as (

    select
        line_id,
        line_id as charge_id,
        case cost_type
            when 'regular' then 'Usage'
            when 'tax' then 'Tax'
            else 'Adjustment'
        end as charge_category,
        coalesce(adjustment_info_description, sku_description) as charge_description,
        cost as billed_cost,
        {#  What Google would have asked at list price; rows of older exports do not say, and only usage has one. #}
        case when cost_type = 'regular' then coalesce(cost_at_list, cost) else cost end as list_cost,
        case when cost_type = 'regular' then usage_amount end as consumed_quantity,
        case when cost_type = 'regular' and usage_amount is not null then unit end as consumed_unit,
        case when cost_type = 'regular' then token_class end as token_class
    from usage_lines

    union all

    select
        credits.line_id,
        {{ dbt.concat(
            ['credits.line_id', "'#credit-'", 'cast(credits.credit_number as ' ~ dbt.type_string() ~ ')']
        ) }} as charge_id,
        'Credit' as charge_category,
        {{ dbt.concat(
            ["coalesce(credits.credit_type, 'CREDIT')", "': '", "coalesce(credits.credit_name, '')"]
        ) }} as charge_description,
        credits.amount as billed_cost,
        credits.amount as list_cost,
        cast(null as {{ apportion.money() }}) as consumed_quantity,
        cast(null as {{ dbt.type_string() }}) as consumed_unit,
        cast(null as {{ dbt.type_string() }}) as token_class
    from {{ ref('stg_vertex__credits') }} as credits

),

charges as (

    select
        usage_lines.charge_date,
        'billed' as cost_basis,
        'vertex' as x_source,
        {{ dbt.concat(["'vertex:'", 'charge_lines.charge_id']) }} as x_charge_id,
        charge_lines.billed_cost,
        charge_lines.list_cost,
        usage_lines.billing_account_id,
        usage_lines.billing_account_id as billing_account_name,
        'Billing Account' as billing_account_type,
        usage_lines.currency as billing_currency,
        charge_lines.charge_category,
        {#  A line about a month that was invoiced already. #}
        case
            when usage_lines.cost_type = 'adjustment'
                and {{ apportion.period_start('month', 'usage_lines.charge_date') }} < {{ apportion.month_of_text('usage_lines.invoice_month') }}
                then 'Correction'
        end as charge_class,
        charge_lines.charge_description,
        charge_lines.consumed_quantity,
        charge_lines.consumed_unit,
        {#  The invoice's month, not that of the usage: late usage is on a later invoice. #}
        cast({{ apportion.month_of_text('usage_lines.invoice_month') }} as {{ dbt.type_timestamp() }}) as billing_period_start,
        cast(
            {{ dbt.dateadd('month', 1, apportion.month_of_text('usage_lines.invoice_month')) }} as {{ dbt.type_timestamp() }}
        ) as billing_period_end,
        usage_lines.usage_start_time as charge_period_start,
        coalesce(usage_lines.usage_end_time, usage_lines.usage_start_time) as charge_period_end,
        'Google Cloud' as service_provider_name,
        'Google Cloud' as host_provider_name,
        coalesce(usage_lines.seller_name, 'Google Cloud') as publisher_name,
        coalesce(usage_lines.service_description, usage_lines.service_id) as service_name,
        usage_lines.sku_id,
        usage_lines.sku_description as sku_meter,
        usage_lines.project_id as sub_account_id,
        usage_lines.project_name as sub_account_name,
        usage_lines.location_region as region_id,
        usage_lines.location_region as region_name,
        coalesce(usage_lines.resource_global_name, usage_lines.resource_name) as resource_id,
        usage_lines.resource_name,
        {#  What the caller put on the request. #}
        usage_lines.labels as tags,
        case when charge_lines.charge_category = 'Usage' then 'Standard' end as pricing_category,
        case when usage_lines.has_model then usage_lines.model end as x_model,
        case when usage_lines.has_model then usage_lines.tier end as x_service_tier,
        case when usage_lines.has_model and {{ apportion.has_word('usage_lines.words', ['long']) }} then 'long' end
            as x_context_tier,
        case
            when not usage_lines.has_model then null
            when {{ apportion.has_word('usage_lines.words', ['global']) }} then 'global'
            when usage_lines.location_region is not null then 'regional'
        end as x_region_scope,
        charge_lines.token_class as x_token_class,
        cast(null as {{ dbt.type_string() }}) as x_api_key_id,
        cast(null as {{ dbt.type_string() }}) as x_api_key_name,
        cast(null as {{ dbt.type_string() }}) as x_principal

    from charge_lines

    inner join usage_lines
        on charge_lines.line_id = usage_lines.line_id

),

final as (

    {{ apportion.api_charges('charges', sub_account_type='Project', also=[
        'list_cost', 'charge_class', 'billing_period_start', 'billing_period_end', 'charge_period_start',
        'charge_period_end', 'host_provider_name', 'publisher_name', 'region_id', 'region_name', 'resource_id',
        'resource_name', 'tags', 'pricing_category',
    ]) }}

)

select
    {%- for column in apportion.charge_columns() %}
    {{ apportion.unless_tax(column) }} as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from final
