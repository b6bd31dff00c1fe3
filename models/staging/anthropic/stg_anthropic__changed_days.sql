{{ apportion.changed_days('anthropic') }}
