{{ apportion.rows_for_reader(ref('fct_budget_status'), ['team', 'product', 'feature']) }}
