{{ apportion.rows_for_reader(ref('fct_allocated_costs'), ['team', 'product', 'feature', 'cost_center']) }}
