{# What it cost is LiteLLM's estimate at the time of the call, never mended afterwards, and no bill. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_litellm', 'spend_logs'), [
        ['request_id', 'text'], ['charge_date', 'date'], ['litellm_call_id', 'text'], ['session_id', 'text'],
        ['call_type', 'text'], ['status', 'text'], ['cache_hit', 'text'], ['started_at', 'timestamp'],
        ['api_key', 'text'], ['api_key_alias', 'text'], ['team_id', 'text'], ['team_alias', 'text'],
        ['organization_id', 'text'], ['user_id', 'text'], ['user_email', 'text'], ['end_user', 'text'],
        ['agent_id', 'text'], ['agent_name', 'text'], ['mcp_tool', 'text'], ['model', 'text'],
        ['model_group', 'text'], ['original_model_group', 'text'], ['custom_llm_provider', 'text'],
        ['service_tier', 'text'], ['internal_call_origin', 'text'], ['azure_spillover_from', 'text'],
        ['billed_retry_attempt', 'boolean'], ['labels', 'text'], ['prompt_tokens', 'bigint'],
        ['completion_tokens', 'bigint'], ['cache_read_tokens', 'bigint'], ['cache_creation_tokens', 'bigint'],
        ['cache_creation_5m_tokens', 'bigint'], ['cache_creation_30m_tokens', 'bigint'],
        ['cache_creation_1h_tokens', 'bigint'], ['cache_creation_12h_tokens', 'bigint'],
        ['input_audio_tokens', 'bigint'], ['cached_audio_tokens', 'bigint'], ['output_audio_tokens', 'bigint'],
        ['reasoning_tokens', 'bigint'], ['web_search_requests', 'bigint'], ['attempted_retries', 'bigint'],
        ['attempted_fallbacks', 'bigint'], ['spend_usd', 'text'],
    ]) }}

),

final as (

    select
        request_id,
        charge_date,
        litellm_call_id,
        session_id,
        call_type,
        status,
        coalesce(lower(cache_hit), 'false') = 'true' as is_cache_hit,
        started_at,
        api_key,
        api_key_alias,
        team_id,
        team_alias,
        organization_id,
        user_id,
        user_email,
        end_user,
        agent_id,
        agent_name,
        mcp_tool,
        model,
        model_group,
        original_model_group,
        custom_llm_provider,
        service_tier,
        internal_call_origin,
        azure_spillover_from,
        billed_retry_attempt,
        labels,
        coalesce(prompt_tokens, 0) as prompt_tokens,
        coalesce(completion_tokens, 0) as completion_tokens,
        coalesce(cache_read_tokens, 0) as cache_read_tokens,
        coalesce(cache_creation_tokens, 0) as cache_creation_tokens,
        coalesce(cache_creation_5m_tokens, 0) as cache_creation_5m_tokens,
        coalesce(cache_creation_30m_tokens, 0) as cache_creation_30m_tokens,
        coalesce(cache_creation_1h_tokens, 0) as cache_creation_1h_tokens,
        coalesce(cache_creation_12h_tokens, 0) as cache_creation_12h_tokens,
        coalesce(input_audio_tokens, 0) as input_audio_tokens,
        coalesce(cached_audio_tokens, 0) as cached_audio_tokens,
        coalesce(output_audio_tokens, 0) as output_audio_tokens,
        coalesce(reasoning_tokens, 0) as reasoning_output,
        coalesce(web_search_requests, 0) as web_search_requests,
        attempted_retries,
        attempted_fallbacks,
        'estimated' as cost_basis,
        cast(spend_usd as {{ apportion.money() }}) as estimated_cost
    from raw_rows

)

select * from final
