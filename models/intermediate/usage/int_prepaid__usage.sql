{# A payment is no usage. #}
{{ apportion.no_usage() }}
