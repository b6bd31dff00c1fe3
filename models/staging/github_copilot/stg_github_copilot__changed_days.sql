{# A seat's month is one charge: a load of any of its days rewrites them all. #}
{{ apportion.changed_by_month(apportion.changed_days('github_copilot', usage_tables=['usage', 'user_usage'])) }}
