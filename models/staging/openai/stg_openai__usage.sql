{# Input holds its cached parts; staging keeps the provider's words, int_openai__usage takes them apart. #}
{{ apportion.raw_columns(source('raw_openai', 'usage'), [
    ['line_id', 'text'], ['charge_date', 'date'], ['report', 'text'], ['project_id', 'text'],
    ['user_id', 'text'], ['api_key_id', 'text'], ['model', 'text'], ['service_tier', 'text'],
    ['batch', 'boolean'], ['size', 'text'], ['source', 'text'], ['vector_store_id', 'text'],
    ['context_level', 'text'], ['api_source', 'text'], ['num_model_requests', 'bigint'], ['input_tokens', 'bigint'],
    ['input_uncached_tokens', 'bigint'], ['input_cached_tokens', 'bigint'],
    ['input_cache_write_tokens', 'bigint'], ['input_cache_write_30m_tokens', 'bigint'],
    ['input_cache_write_12h_tokens', 'bigint'], ['output_tokens', 'bigint'], ['input_text_tokens', 'bigint'],
    ['output_text_tokens', 'bigint'], ['input_cached_text_tokens', 'bigint'], ['input_audio_tokens', 'bigint'],
    ['input_cached_audio_tokens', 'bigint'], ['output_audio_tokens', 'bigint'],
    ['input_image_tokens', 'bigint'], ['input_cached_image_tokens', 'bigint'],
    ['output_image_tokens', 'bigint'], ['images', 'bigint'], ['characters', 'bigint'], ['seconds', 'bigint'],
    ['usage_bytes', 'bigint'], ['num_sessions', 'bigint'], ['num_requests', 'bigint'],
]) }}
