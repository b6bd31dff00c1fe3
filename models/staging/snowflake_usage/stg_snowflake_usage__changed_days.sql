{{ apportion.changed_days('snowflake_usage', usage_tables=['cortex_ai_functions_usage_history']) }}
