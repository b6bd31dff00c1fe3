{{ apportion.changed_days('opencost', usage_tables=['allocations', 'allocation_exports']) }}
