{{ apportion.raw_columns(source('raw_anthropic', 'workspaces'), [
    ['id', 'text'], ['name', 'text'], ['created_at', 'text'], ['archived_at', 'text'], ['tags', 'json'],
]) }}
