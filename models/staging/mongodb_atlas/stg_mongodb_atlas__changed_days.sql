{{ apportion.changed_days('mongodb_atlas') }}
