{# The providers bill the calls; the gateway estimates them. #}
{{ apportion.no_charges() }}
