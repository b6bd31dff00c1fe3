{{ apportion.changed_days('openshift', usage_tables=['pod_usage']) }}
