{{ apportion.rows_for_reader(ref('fct_model_tier_spend'), ['team', 'product', 'feature']) }}
