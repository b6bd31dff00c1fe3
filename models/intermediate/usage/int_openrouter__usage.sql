{#
    One row per token class. Two kinds of rows, told apart by whose bill the calls are on:
      OpenRouter's own     as its charges have them, by workspace and key
      own keys (BYOK)      calls on another provider's bill that went through OpenRouter: telemetry for that bill, with
                           OpenRouter as their gateway. What the provider charges is an estimate here.
    Prompt tokens hold what was read from a cache; more can be read than was prompted where an answer is replayed, so the
    rest is never below 0. What was written to a cache is not told and stays in input_uncached. Where a report does not
    know cached tokens at all, the prompt is `input`, which cannot be divided. Reasoning is part of output.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [
    ['requests', 'requests'],
    ['input', 'case when cached_tokens is null then prompt_tokens end'],
    ['input_uncached', 'case when cached_tokens is not null then greatest(prompt_tokens - cached_tokens, 0) end'],
    ['cache_read', 'cached_tokens'],
    ['output', 'completion_tokens'],
] %}
{% set keys = ['charge_date', 'workspace_id', 'api_key_hash', 'model', 'billed_by'] %}

with

activity as (

    select
        stg.*,
        case when is_byok then {{ apportion.service_provider('provider_name') }} else 'OpenRouter' end as billed_by
    from {{ ref('stg_openrouter__activity') }} as stg

),

summed as (

    {{ apportion.usage_by_class('activity', keys, classes, estimate='byok_inference_amount') }}

),

workspaces as (

    select * from {{ ref('stg_openrouter__workspaces') }}

),

api_keys as (

    select * from {{ ref('stg_openrouter__api_keys') }}

),

told as (

    select
        summed.*,
        summed.billed_by = 'OpenRouter' as is_own_bill,
        workspaces.name as workspace_name,
        api_keys.name as api_key_name

    from summed

    left join workspaces
        on summed.workspace_id = workspaces.id

    left join api_keys
        on summed.api_key_hash = api_keys.id

),

final as (

    select
        charge_date,
        'openrouter' as x_source,
        billed_by as service_provider_name,
        case when is_own_bill then 'openrouter' end as billing_account_id,
        case when is_own_bill then 'OpenRouter account' end as billing_account_name,
        case when is_own_bill then workspace_id end as sub_account_id,
        case when is_own_bill then workspace_name end as sub_account_name,
        case when is_own_bill then 'OpenRouter API' end as service_name,
        'Usage' as charge_category,
        model as x_model,
        'standard' as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        api_key_hash as x_api_key_id,
        api_key_name as x_api_key_name,
        {{ nothing }} as x_principal,
        case when not is_own_bill then 'openrouter' end as x_gateway,
        {{ nothing }} as x_workload,
        {{ nothing }} as x_call_labels,
        'key' as x_attribution_level,
        quantity,
        case when not is_own_bill then estimated_cost end as estimated_cost

    from told

)

select * from final
