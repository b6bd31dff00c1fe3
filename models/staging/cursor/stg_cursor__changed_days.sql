{# A seat's month is one charge: a load of any of its days rewrites them all. #}
{{ apportion.changed_by_month(apportion.changed_days('cursor', usage_tables=['usage_events', 'daily_usage'])) }}
