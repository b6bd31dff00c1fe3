{{ apportion.raw_columns(source('raw_anthropic', 'users'), [
    ['id', 'text'], ['name', 'text'], ['email', 'text'], ['role', 'text'], ['added_at', 'text'],
]) }}
