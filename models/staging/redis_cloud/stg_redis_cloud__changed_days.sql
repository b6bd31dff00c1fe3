{{ apportion.changed_days('redis_cloud') }}
