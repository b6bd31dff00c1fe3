{{ apportion.raw_columns(source('raw_openai', 'api_keys'), [
    ['id', 'text'], ['project_id', 'text'], ['name', 'text'], ['redacted_value', 'text'],
    ['created_at', 'bigint'], ['owner_type', 'text'], ['owner_id', 'text'],
]) }}
