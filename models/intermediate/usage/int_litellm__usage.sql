{#
    One row per token class, classes disjoint: LiteLLM's prompt holds cached and written tokens whatever the provider
    does, and sound with them. Where the parts are more than the whole, the emitter left them out of it, and the
    prompt is what was neither read nor written. A cache write whose lifetime is not told is `cache_write`.
    Left out is what is on no bill, or counted already: see int_litellm__calls.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set written = 'cache_creation_5m_tokens + cache_creation_30m_tokens + cache_creation_1h_tokens + cache_creation_12h_tokens' %}
{% set audio = 'input_audio_tokens - cached_audio_tokens' %}
{% set classes = [
    ['requests', '1'],
    ['input_uncached', 'case when prompt_tokens >= parts_of_prompt then prompt_tokens - parts_of_prompt else prompt_tokens end'],
    ['input_audio', audio],
    ['cache_read', 'cache_read_tokens - cached_audio_tokens'],
    ['cache_read_audio', 'cached_audio_tokens'],
    ['cache_write', 'cache_creation_tokens - (' ~ written ~ ')'],
    ['cache_write_5m', 'cache_creation_5m_tokens'],
    ['cache_write_30m', 'cache_creation_30m_tokens'],
    ['cache_write_1h', 'cache_creation_1h_tokens'],
    ['cache_write_12h', 'cache_creation_12h_tokens'],
    ['output', 'completion_tokens - output_audio_tokens'],
    ['output_audio', 'output_audio_tokens'],
    ['web_searches', 'web_search_requests'],
] %}
{% set keys = ['charge_date', 'service_provider_name', 'model', 'service_tier', 'api_key', 'api_key_alias', 'principal',
    'labels'] %}

with

counted as (

    select
        calls.*,
        cache_read_tokens + cache_creation_tokens + {{ audio }} as parts_of_prompt
    from {{ ref('int_litellm__calls') }} as calls
    where outcome = 'call'

),

summed as (

    {{ apportion.usage_by_class('counted', keys, classes, estimate='estimated_cost') }}

),

final as (

    select
        charge_date,
        'litellm' as x_source,
        service_provider_name,
        {{ nothing }} as billing_account_id,
        {{ nothing }} as billing_account_name,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        'LiteLLM' as service_name,
        'Usage' as charge_category,
        model as x_model,
        service_tier as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        api_key as x_api_key_id,
        api_key_alias as x_api_key_name,
        principal as x_principal,
        'litellm' as x_gateway,
        {{ nothing }} as x_workload,
        labels as x_call_labels,
        'call' as x_attribution_level,
        quantity,
        estimated_cost
    from summed

)

select * from final
