{{ apportion.raw_columns(source('raw_cursor', 'members'), [
    ['id', 'text'], ['email', 'text'], ['name', 'text'], ['role', 'text'], ['is_removed', 'boolean'],
]) }}
