{# Oracle Cloud's cost reports bring no telemetry. #}
{{ apportion.no_usage() }}
