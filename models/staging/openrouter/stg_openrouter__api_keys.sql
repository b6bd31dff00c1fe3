{{ apportion.raw_columns(source('raw_openrouter', 'api_keys'), [
    ['id', 'text'], ['name', 'text'], ['label', 'text'], ['workspace_id', 'text'], ['creator_user_id', 'text'],
    ['disabled', 'boolean'], ['created_at', 'text'],
]) }}
