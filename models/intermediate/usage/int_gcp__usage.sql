{# Google meters on the bill only; clusters and gateways tell who used what. #}
{{ apportion.no_usage() }}
