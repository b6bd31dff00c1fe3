{# A CUR is a bill, no telemetry. #}
{{ apportion.no_usage() }}
