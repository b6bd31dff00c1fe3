{# Azure's bill brings no telemetry. #}
{{ apportion.no_rows(apportion.usage_columns()) }}
