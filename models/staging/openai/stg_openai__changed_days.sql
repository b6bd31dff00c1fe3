{{ apportion.changed_days('openai', usage_tables=['usage']) }}
