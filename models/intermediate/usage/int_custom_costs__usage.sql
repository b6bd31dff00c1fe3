{#  Bills that people keep bring no telemetry. #}
{{ apportion.no_usage() }}
