{# LiteLLM's own sums. They outlive the logs, so they tell when logs are missing. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_litellm', 'daily_team_spend'), [
        ['id', 'text'], ['charge_date', 'date'], ['team_id', 'text'], ['api_key', 'text'], ['model', 'text'],
        ['custom_llm_provider', 'text'], ['endpoint', 'text'], ['prompt_tokens', 'bigint'],
        ['completion_tokens', 'bigint'], ['cache_read_input_tokens', 'bigint'],
        ['cache_creation_input_tokens', 'bigint'], ['api_requests', 'bigint'],
        ['successful_requests', 'bigint'], ['failed_requests', 'bigint'], ['spend_usd', 'text'],
        ['ptu_flat_cost_usd', 'text'],
    ]) }}

),

final as (

    select
        id,
        charge_date,
        team_id,
        api_key,
        model,
        custom_llm_provider,
        endpoint,
        prompt_tokens,
        completion_tokens,
        cache_read_input_tokens,
        cache_creation_input_tokens,
        api_requests,
        successful_requests,
        failed_requests,
        'estimated' as cost_basis,
        cast(spend_usd as {{ apportion.money() }}) as estimated_cost,
        cast(ptu_flat_cost_usd as {{ apportion.money() }}) as estimated_ptu_cost
    from raw_rows

)

select * from final
