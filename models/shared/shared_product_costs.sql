{{ apportion.rows_for_reader(ref('fct_product_costs'), ['product']) }}
