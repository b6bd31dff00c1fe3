{{ apportion.changed_days('anthropic', usage_tables=['usage']) }}
