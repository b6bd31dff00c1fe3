{# Databricks meters units of its own, which are on the bill; gateways and tracers count tokens of served models. #}
{{ apportion.no_usage() }}
