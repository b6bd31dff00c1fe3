{{ apportion.changed_days('bedrock', usage_tables=['invocations']) }}
