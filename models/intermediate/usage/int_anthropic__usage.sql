{# One row per token class; the report keeps them apart itself. It does not count requests. #}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [
    ['input_uncached', 'uncached_input_tokens'],
    ['cache_read', 'cache_read_input_tokens'],
    ['cache_write_5m', 'cache_creation_5m_input_tokens'],
    ['cache_write_1h', 'cache_creation_1h_input_tokens'],
    ['output', 'output_tokens'],
    ['web_searches', 'web_search_requests'],
] %}
{% set keys = ['charge_date', 'workspace_id', 'api_key_id', 'account_id', 'service_account_id', 'model',
    'service_tier', 'context_window', 'inference_geo', 'token_class'] %}

with

by_class as (
    {% for name, quantity in classes %}
    select
        {{ keys[:-1] | join(',\n        ') }},
        '{{ name }}' as token_class,
        {{ quantity }} as quantity
    from {{ ref('stg_anthropic__usage') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

summed as (

    select
        {{ keys | join(',\n        ') }},
        cast(sum(quantity) as {{ apportion.money() }}) as quantity
    from by_class
    where quantity <> 0
    group by
        {{ keys | join(',\n        ') }}

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

final as (

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

)

select * from final
