{# FOCUS files hold bills, no telemetry. #}
{{ apportion.no_usage() }}
