{{ apportion.changed_days('openrouter', usage_tables=['activity']) }}
