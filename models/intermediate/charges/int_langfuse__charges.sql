{# The providers bill the calls; Langfuse estimates them. #}
{{ apportion.no_charges() }}
