{# A team has one cost center on a day. #}
{{ apportion.overlapping(ref('dim_teams'), 'team') }}
