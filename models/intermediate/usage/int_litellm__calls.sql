{#
    `outcome` says what a row is to a bill. A hit of the proxy's own cache repeats the tokens of the first answer; a
    row that only shows an earlier answer repeats its cost; tools are no model calls; some versions log a call of the
    responses API as a completion too, under one litellm_call_id. A failed call that used tokens (it broke off on the
    way) is billed, and so is a background response, which is settled when it is first shown.
#}
with

logs as (

    select
        stg.*,
        max(case when call_type in ('responses', 'aresponses') then 1 else 0 end) over (
            partition by litellm_call_id, model, prompt_tokens, completion_tokens
        ) as has_response
    from {{ ref('stg_litellm__spend_logs') }} as stg

),

virtual_keys as (

    select * from {{ ref('stg_litellm__keys') }}

),

final as (

    select
        logs.request_id,
        logs.charge_date,
        case
            when logs.is_cache_hit then 'cache_hit'
            when logs.call_type = 'call_mcp_tool' then 'tool'
            when coalesce(logs.internal_call_origin, '') <> 'background_response_cost_poll'
                and (
                    logs.call_type like '%get_responses'
                    or logs.call_type like '%delete_responses'
                    or logs.call_type like '%cancel_responses'
                    or logs.call_type like '%list_input_items'
                    or (logs.call_type like '%vector_store_%' and logs.call_type not like '%vector_store_search')
                )
                then 'no_inference'
            when logs.status = 'failure' and logs.prompt_tokens + logs.completion_tokens = 0 then 'failed'
            when logs.has_response = 1
                and logs.litellm_call_id is not null
                and logs.call_type in ('completion', 'acompletion')
                then 'bridged'
            else 'call'
        end as outcome,
        {{ apportion.service_provider('logs.custom_llm_provider') }} as service_provider_name,
        logs.model,
        case
            when logs.call_type like '%retrieve_batch' then 'batch'
            when logs.service_tier is null or logs.service_tier in ('default', 'auto') then 'standard'
            else logs.service_tier
        end as service_tier,
        logs.api_key,
        {#  The alias of the day of the call goes before the present one. #}
        coalesce(logs.api_key_alias, virtual_keys.key_alias) as api_key_alias,
        coalesce(logs.user_email, logs.user_id) as principal,
        logs.labels,
        logs.prompt_tokens,
        logs.completion_tokens,
        logs.cache_read_tokens,
        greatest(
            logs.cache_creation_tokens,
            logs.cache_creation_5m_tokens + logs.cache_creation_30m_tokens + logs.cache_creation_1h_tokens
            + logs.cache_creation_12h_tokens
        ) as cache_creation_tokens,
        logs.cache_creation_5m_tokens,
        logs.cache_creation_30m_tokens,
        logs.cache_creation_1h_tokens,
        logs.cache_creation_12h_tokens,
        logs.input_audio_tokens,
        logs.cached_audio_tokens,
        logs.output_audio_tokens,
        logs.web_search_requests,
        logs.estimated_cost

    from logs

    left join virtual_keys
        on logs.api_key = virtual_keys.token

)

select * from final
