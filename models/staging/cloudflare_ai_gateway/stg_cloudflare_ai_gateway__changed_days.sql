{{ apportion.changed_days('cloudflare_ai_gateway', usage_tables=['logs']) }}
