{{ apportion.changed_days('oci') }}
