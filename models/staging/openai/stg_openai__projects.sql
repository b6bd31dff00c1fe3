{{ apportion.raw_columns(source('raw_openai', 'projects'), [
    ['id', 'text'], ['name', 'text'], ['status', 'text'], ['created_at', 'bigint'], ['archived_at', 'bigint'],
]) }}
