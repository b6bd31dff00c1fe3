{{ apportion.changed_days('gcp') }}
