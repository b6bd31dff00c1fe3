{{ apportion.raw_columns(source('raw_otel', 'quarantine'), [
    ['source_file', 'text'], ['source_row', 'bigint'], ['line_text', 'text'], ['reason', 'text'],
]) }}
