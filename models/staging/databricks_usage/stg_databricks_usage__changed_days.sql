{{ apportion.changed_days('databricks_usage', tables=['usage']) }}
