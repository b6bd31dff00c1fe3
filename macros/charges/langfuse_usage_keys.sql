{# Token class -> the usage keys of Langfuse's integrations and of the providers' own names that mean it. #}
{% macro langfuse_usage_keys() %}
    {{ return({
        'input_uncached': ['input', 'input_tokens', 'prompt_tokens'],
        'cache_read': [
            'cache_read_input_tokens', 'cached_tokens', 'input_cache_read', 'input_cached', 'input_cached_tokens',
        ],
        'cache_write': [
            'cache_creation_input_tokens', 'input_cache_creation', 'input_cache_write', 'input_cache_write_tokens',
        ],
        'cache_write_5m': ['ephemeral_5m_input_tokens', 'input_cache_creation_5m', 'input_cache_write_5m'],
        'cache_write_1h': ['ephemeral_1h_input_tokens', 'input_cache_creation_1h', 'input_cache_write_1h'],
        'output': ['completion_tokens', 'output', 'output_tokens'] + apportion.langfuse_reasoning_keys(),
        'input_audio': ['input_audio', 'input_audio_tokens'],
        'cache_read_audio': ['input_cached_audio_tokens'],
        'output_audio': ['output_audio', 'output_audio_tokens'],
        'input_image': ['input_image', 'input_image_tokens'],
        'output_image': ['output_image', 'output_image_tokens'],
    }) }}
{% endmacro %}

{# Keys for what a model thought; keys exclude each other, so it is no part of `output` there. #}
{% macro langfuse_reasoning_keys() %}
    {{ return(['output_reasoning', 'output_reasoning_tokens', 'reasoning', 'reasoning_tokens']) }}
{% endmacro %}
