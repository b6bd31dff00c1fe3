{# Traces bill nothing, and tell no costs either. #}
{{ apportion.no_charges() }}
