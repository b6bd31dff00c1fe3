{{ apportion.rows_for_reader(ref('fct_ai_usage'), ['team', 'product', 'feature', 'cost_center']) }}
