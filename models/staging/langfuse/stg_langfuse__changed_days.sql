{{ apportion.changed_days('langfuse', usage_tables=['observations']) }}
