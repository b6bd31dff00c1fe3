{{ apportion.changed_days('azure_openai', usage_tables=['token_metrics']) }}
