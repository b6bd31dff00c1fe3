{# A CUR is a bill, no telemetry. #}
{{ apportion.no_rows(apportion.usage_columns()) }}
