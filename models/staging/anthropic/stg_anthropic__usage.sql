{# Uncached input, cache reads and cache writes are apart already; requests are not counted. #}
{{ apportion.raw_columns(source('raw_anthropic', 'usage'), [
    ['line_id', 'text'], ['charge_date', 'date'], ['workspace_id', 'text'], ['api_key_id', 'text'],
    ['account_id', 'text'], ['service_account_id', 'text'], ['model', 'text'], ['service_tier', 'text'],
    ['context_window', 'text'], ['inference_geo', 'text'], ['speed', 'text'], ['uncached_input_tokens', 'bigint'],
    ['cache_read_input_tokens', 'bigint'], ['cache_creation_5m_input_tokens', 'bigint'],
    ['cache_creation_1h_input_tokens', 'bigint'], ['output_tokens', 'bigint'],
    ['web_search_requests', 'bigint'],
]) }}
