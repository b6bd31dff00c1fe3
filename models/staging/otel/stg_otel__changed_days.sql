{{ apportion.changed_days('otel', usage_tables=['spans']) }}
