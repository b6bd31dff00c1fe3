{{ apportion.raw_columns(source('raw_anthropic', 'api_keys'), [
    ['id', 'text'], ['name', 'text'], ['workspace_id', 'text'], ['status', 'text'], ['created_at', 'text'],
    ['partial_key_hint', 'text'],
]) }}
