{# The log has a row for each attempt at a provider, answered or not. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_cloudflare_ai_gateway', 'logs'), [
        ['id', 'text'], ['charge_date', 'date'], ['gateway', 'text'], ['created_at', 'text'], ['provider', 'text'],
        ['model', 'text'], ['model_type', 'text'], ['path', 'text'], ['request_type', 'text'],
        ['success', 'boolean'], ['cached', 'boolean'], ['custom_cost', 'boolean'], ['status_code', 'bigint'],
        ['duration', 'bigint'], ['tokens_in', 'bigint'], ['tokens_out', 'bigint'], ['step', 'bigint'],
        ['cost_usd', 'text'], ['metadata', 'text'], ['labels', 'text'],
    ]) }}

),

final as (

    select
        id,
        charge_date,
        gateway,
        {{ apportion.timestamp_of_text('created_at') }} as created_at,
        provider,
        model,
        model_type,
        path,
        request_type,
        status_code,
        duration as duration_ms,
        step,
        success as is_success,
        cached as is_cache_hit,
        tokens_in,
        tokens_out,
        'estimated' as cost_basis,
        cast(cost_usd as {{ apportion.money() }}) as estimated_cost,
        custom_cost as is_custom_cost,
        metadata,
        labels
    from raw_rows

)

select * from final
