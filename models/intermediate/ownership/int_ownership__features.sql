{{ apportion.by_epoch(ref('dim_features'), 'feature', ['product', 'team']) }}
