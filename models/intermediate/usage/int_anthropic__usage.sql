{#
    One row per token class; the reports keep them apart themselves. The messages report counts no requests, the
    analytics report does; a day has the one that is its bill (int_anthropic__report_days).

    Claude Code tells of calls that those reports count too, by person: its rows are a source of their own, which
    needs a route, as a gateway does, and its estimates stand on `sessions`. What subscriptions pay for is on no API
    bill: those rows are on an account of their own, so that they weigh nothing there.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set tokens = ['uncached_input_tokens', 'cache_read_input_tokens', 'cache_creation_5m_input_tokens',
    'cache_creation_1h_input_tokens', 'output_tokens', 'web_search_requests'] %}
{% set classes = [
    ['input_uncached', 'uncached_input_tokens'],
    ['cache_read', 'cache_read_input_tokens'],
    ['cache_write_5m', 'cache_creation_5m_input_tokens'],
    ['cache_write_1h', 'cache_creation_1h_input_tokens'],
    ['output', 'output_tokens'],
    ['web_searches', 'web_search_requests'],
    ['requests', 'requests'],
] %}
{% set keys = ['charge_date', 'workspace_id', 'api_key_id', 'account_id', 'service_account_id', 'model',
    'service_tier', 'context_window', 'inference_geo'] %}
{% set code_classes = [
    ['sessions', 'coalesce(num_sessions, 0)'],
    ['input_uncached', 'input_tokens'],
    ['cache_read', 'cache_read_tokens'],
    ['cache_write', 'cache_creation_tokens'],
    ['output', 'output_tokens'],
] %}
{% set code_keys = ['charge_date', 'actor_type', 'actor', 'customer_type', 'model'] %}

with

report_days as (

    select * from {{ ref('int_anthropic__report_days') }}

),

reported as (

    select
        usage_rows.charge_date,
        usage_rows.workspace_id,
        usage_rows.api_key_id,
        usage_rows.account_id,
        usage_rows.service_account_id,
        usage_rows.model,
        {#  Fast inference is priced apart. #}
        case
            when usage_rows.speed = 'fast' and usage_rows.service_tier = 'standard' then 'fast'
            else usage_rows.service_tier
        end as service_tier,
        usage_rows.context_window,
        usage_rows.inference_geo,
        {%- for column in tokens %}
        usage_rows.{{ column }},
        {%- endfor %}
        cast(null as {{ dbt.type_bigint() }}) as requests

    from {{ ref('stg_anthropic__usage') }} as usage_rows

    left join report_days as days
        on usage_rows.charge_date = days.charge_date

    where coalesce(days.report, 'admin') = 'admin'

    union all

    select
        usage_rows.charge_date,
        usage_rows.workspace_id,
        usage_rows.api_key_id,
        {{ nothing }} as account_id,
        {{ nothing }} as service_account_id,
        usage_rows.model,
        usage_rows.service_tier,
        usage_rows.context_window,
        {{ nothing }} as inference_geo,
        {%- for column in tokens %}
        usage_rows.{{ column }},
        {%- endfor %}
        usage_rows.requests

    from {{ ref('stg_anthropic__analytics_usage') }} as usage_rows

    inner join report_days as days
        on usage_rows.charge_date = days.charge_date

    where days.report = 'analytics'

),

summed as (

    {{ apportion.usage_by_class('reported', keys, classes) }}

),

code_summed as (

    {{ apportion.usage_by_class(
        ref('stg_anthropic__claude_code'), code_keys, code_classes, estimate='estimated_cost', counted_by='sessions'
    ) }}

),

workspaces as (

    select * from {{ ref('stg_anthropic__workspaces') }}

),

api_keys as (

    select * from {{ ref('stg_anthropic__api_keys') }}

),

users as (

    select * from {{ ref('stg_anthropic__users') }}

),

api_rows as (

    select
        summed.charge_date,
        'anthropic' as x_source,
        'Anthropic' as service_provider_name,
        'anthropic' as billing_account_id,
        'Anthropic organization' as billing_account_name,
        summed.workspace_id as sub_account_id,
        workspaces.name as sub_account_name,
        'Claude API' as service_name,
        'Usage' as charge_category,
        summed.model as x_model,
        summed.service_tier as x_service_tier,
        summed.context_window as x_context_tier,
        summed.inference_geo as x_region_scope,
        summed.token_class as x_token_class,
        summed.api_key_id as x_api_key_id,
        api_keys.name as x_api_key_name,
        coalesce(users.email, summed.account_id, summed.service_account_id) as x_principal,
        {{ nothing }} as x_gateway,
        {{ nothing }} as x_workload,
        {{ nothing }} as x_call_labels,
        case
            when summed.api_key_id is not null then 'key'
            when summed.workspace_id is not null then 'project'
            else 'account'
        end as x_attribution_level,
        summed.quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost

    from summed

    left join workspaces
        on summed.workspace_id = workspaces.id

    left join api_keys
        on summed.api_key_id = api_keys.id

    left join users
        on summed.account_id = users.id

),

code_rows as (

    select
        charge_date,
        'claude_code' as x_source,
        'Anthropic' as service_provider_name,
        case when customer_type = 'subscription' then 'claude-subscription' end as billing_account_id,
        case when customer_type = 'subscription' then 'Claude subscription' end as billing_account_name,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        'Claude Code' as service_name,
        'Usage' as charge_category,
        model as x_model,
        'standard' as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        case when actor_type = 'api_actor' then actor end as x_api_key_id,
        case when actor_type = 'api_actor' then actor end as x_api_key_name,
        case when coalesce(actor_type, '') <> 'api_actor' then actor end as x_principal,
        'claude_code' as x_gateway,
        {{ nothing }} as x_workload,
        {{ nothing }} as x_call_labels,
        case when actor_type = 'api_actor' then 'key' else 'account' end as x_attribution_level,
        quantity,
        estimated_cost
    from code_summed

),

final as (

    {%- for relation in ['api_rows', 'code_rows'] %}
    select
        {%- for column in apportion.usage_columns() | map(attribute=0) %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
