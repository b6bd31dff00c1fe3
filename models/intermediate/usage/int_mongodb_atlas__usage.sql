{# MongoDB Atlas's bill brings no telemetry. #}
{{ apportion.no_usage() }}
