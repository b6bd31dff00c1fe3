{{ apportion.rows_for_reader(ref('fct_unit_costs'), ['feature']) }}
