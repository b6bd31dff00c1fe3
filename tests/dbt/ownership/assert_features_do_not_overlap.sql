{# A feature has one product and team on a day. #}
{{ apportion.overlapping(ref('dim_features'), 'feature') }}
