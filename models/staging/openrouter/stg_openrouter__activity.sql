{#
    Dollars. An endpoint that was used with an own key of the provider (BYOK) has its inference on that provider's
    bill: there `usage` is OpenRouter's fee alone.
#}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_openrouter', 'activity'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['workspace_id', 'text'], ['api_key_hash', 'text'],
        ['model', 'text'], ['model_permaslug', 'text'], ['endpoint_id', 'text'], ['provider_name', 'text'],
        ['usage_usd', 'text'], ['byok_usage_inference_usd', 'text'], ['requests', 'bigint'],
        ['prompt_tokens', 'bigint'], ['completion_tokens', 'bigint'], ['reasoning_tokens', 'bigint'],
        ['cached_tokens', 'bigint'],
    ]) }}

),

in_dollars as (

    select
        raw_rows.*,
        cast(usage_usd as {{ apportion.money() }}) as amount,
        cast(byok_usage_inference_usd as {{ apportion.money() }}) as byok_amount
    from raw_rows

),

final as (

    select
        line_id,
        charge_date,
        workspace_id,
        api_key_hash,
        model,
        model_permaslug,
        endpoint_id,
        provider_name,
        coalesce(byok_amount > 0, false) as is_byok,
        amount,
        byok_amount as byok_inference_amount,
        'USD' as currency,
        requests,
        prompt_tokens,
        completion_tokens,
        {#  Part of the completion, no class of its own. #}
        reasoning_tokens as reasoning_output_tokens,
        cached_tokens
    from in_dollars

)

select * from final
