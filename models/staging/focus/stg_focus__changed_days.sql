{{ apportion.changed_days('focus') }}
