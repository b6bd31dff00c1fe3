{{ apportion.changed_days('vertex') }}
