{#  Bills that people keep bring no telemetry. #}
{{ apportion.no_rows(apportion.usage_columns()) }}
