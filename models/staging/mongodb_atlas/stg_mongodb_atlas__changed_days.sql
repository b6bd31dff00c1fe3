{# What an invoice and its lines differ by stands on one day of the month, and moves with any other of its lines. #}
{{ apportion.changed_by_month(apportion.changed_days('mongodb_atlas')) }}
