{{ apportion.changed_days('custom_costs') }}
