{# FOCUS files hold bills, no telemetry. #}
{{ apportion.no_rows(apportion.usage_columns()) }}
