with

raw_rows as (

    {{ apportion.raw_columns(source('raw_otel', 'spans'), [
        ['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['started_at', 'text'],
        ['trace_id', 'text'], ['span_id', 'text'], ['parent_span_id', 'text'], ['trace_state', 'text'],
        ['name', 'text'], ['status', 'text'], ['scope_name', 'text'], ['scope_version', 'text'],
        ['service_name', 'text'], ['workload', 'text'], ['labels', 'text'], ['operation', 'text'],
        ['provider', 'text'], ['request_model', 'text'], ['response_model', 'text'], ['response_id', 'text'],
        ['service_tier', 'text'], ['conversation_id', 'text'], ['error_type', 'text'],
        ['input_tokens', 'bigint'], ['output_tokens', 'bigint'], ['cache_read_tokens', 'bigint'],
        ['cache_creation_tokens', 'bigint'], ['reasoning_tokens', 'bigint'], ['input_without_cache', 'boolean'],
    ]) }}

),

final as (

    select
        source_file,
        source_row,
        charge_date,
        {#  To the microsecond, which the text sorts by. #}
        started_at,
        lower(trace_id) as trace_id,
        lower(span_id) as span_id,
        lower(parent_span_id) as parent_span_id,
        name,
        status,
        error_type,
        scope_name,
        scope_version,
        service_name,
        workload,
        labels,
        lower(operation) as operation,
        provider,
        {#  The model that answered; a span without an answer knows what was asked. #}
        coalesce(response_model, request_model) as model,
        request_model,
        response_id,
        service_tier,
        conversation_id,
        {#  A threshold below which traces were dropped; 0 drops none. #}
        coalesce(trace_state like '%th:%' and trace_state not like '%th:0%', false) as is_sampled,
        input_tokens is not null or output_tokens is not null as has_usage,
        coalesce(input_tokens, 0) as input_tokens,
        coalesce(output_tokens, 0) as output_tokens,
        coalesce(cache_read_tokens, 0) as cache_read_tokens,
        coalesce(cache_creation_tokens, 0) as cache_creation_tokens,
        coalesce(reasoning_tokens, 0) as reasoning_output,
        coalesce(input_without_cache, false) as input_without_cache
    from raw_rows

)

select * from final
