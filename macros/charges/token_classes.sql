{#
    The classes that calls are counted in. A provider that names another one is billed and counted under its own name,
    and a test lists it: decide what it is, then add it here.
#}
{% macro token_classes() %}
    {{ return([
        'input', 'input_uncached', 'input_audio', 'input_image', 'cache_read', 'cache_read_audio', 'cache_read_image',
        'cache_write', 'cache_write_5m', 'cache_write_30m', 'cache_write_1h', 'cache_write_12h', 'output',
        'output_audio', 'output_image', 'tokens', 'requests', 'sessions', 'seats', 'images', 'characters',
        'audio_seconds', 'web_searches', 'file_searches', 'code_sessions', 'code_execution', 'session_usage',
        'vector_store_bytes', 'cache_storage', 'ai_credits', 'active_seats', 'pages',
    ]) }}
{% endmacro %}
