{# A month is one charge, on its first day: a load of any of its days rewrites it. #}
{{ apportion.changed_by_month(apportion.changed_days('datadog')) }}
