{{ apportion.by_epoch(ref('dim_teams'), 'team', ['cost_center']) }}
