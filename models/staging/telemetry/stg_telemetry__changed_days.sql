{{ apportion.changed_days('telemetry', usage_tables=['telemetry']) }}
