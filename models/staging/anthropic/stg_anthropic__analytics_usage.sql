{# Token classes are apart already, and here requests are counted. #}
{{ apportion.raw_columns(source('raw_anthropic', 'analytics_usage'), [
    ['line_id', 'text'], ['charge_date', 'date'], ['workspace_id', 'text'], ['api_key_id', 'text'],
    ['model', 'text'], ['service_tier', 'text'], ['context_window', 'text'], ['uncached_input_tokens', 'bigint'],
    ['cache_read_input_tokens', 'bigint'], ['cache_creation_5m_input_tokens', 'bigint'],
    ['cache_creation_1h_input_tokens', 'bigint'], ['output_tokens', 'bigint'],
    ['web_search_requests', 'bigint'], ['requests', 'bigint'], ['total_tokens', 'bigint'],
    ['refreshed_at', 'text'],
]) }}
