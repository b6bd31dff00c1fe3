{{ apportion.raw_columns(source('raw_langfuse', 'projects'), [['id', 'text'], ['name', 'text']]) }}
