{#
    Google counts tokens on the bill only. Its request logs are samples (sampling_rate), no meter; gateways and tracers
    tell the callers.
#}
{{ apportion.no_usage() }}
