{# Workloads use nodes, no tokens: what they divide is in int_attribution__node_weights. #}
{{ apportion.no_usage() }}
