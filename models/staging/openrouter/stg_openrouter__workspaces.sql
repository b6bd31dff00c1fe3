{{ apportion.raw_columns(source('raw_openrouter', 'workspaces'), [
    ['id', 'text'], ['name', 'text'], ['slug', 'text'], ['created_at', 'text'],
]) }}
