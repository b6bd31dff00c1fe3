{# Idle days are rows too: who is listed held a seat. #}
{{ apportion.raw_columns(source('raw_cursor', 'daily_usage'), [
    ['line_id', 'text'], ['charge_date', 'date'], ['user_id', 'text'], ['email', 'text'], ['is_active', 'boolean'],
    ['included_requests', 'bigint'], ['usage_based_requests', 'bigint'], ['accepted_lines_added', 'bigint'],
    ['most_used_model', 'text'],
]) }}
