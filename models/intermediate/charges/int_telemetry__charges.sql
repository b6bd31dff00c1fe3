{# Telemetry bills nothing. #}
{{ apportion.no_charges() }}
