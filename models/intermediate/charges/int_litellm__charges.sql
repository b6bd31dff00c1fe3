{# A gateway bills nothing: its calls are on the bills of their providers, and what it says they cost is an estimate. #}
{{ apportion.no_charges() }}
