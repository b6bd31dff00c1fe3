{{ apportion.union_node_sources('stg', 'cluster_hours', ['charge_date', 'cluster', 'hours_seen']) }}
