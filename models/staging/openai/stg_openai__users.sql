{{ apportion.raw_columns(source('raw_openai', 'users'), [
    ['id', 'text'], ['name', 'text'], ['email', 'text'], ['role', 'text'], ['added_at', 'bigint'],
]) }}
