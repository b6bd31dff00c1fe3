{{ apportion.rows_for_reader(ref('fct_seat_usage'), ['team', 'cost_center']) }}
