{# The keys of the instrumentation standard (docs/instrumentation.md) that calls are labelled with. #}
{% macro instrumentation_keys() %}
    {{ return(['feature', 'team', 'business_process', 'environment', 'customer', 'agent']) }}
{% endmacro %}
