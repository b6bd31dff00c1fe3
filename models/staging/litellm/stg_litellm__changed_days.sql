{{ apportion.changed_days('litellm', usage_tables=['spend_logs']) }}
