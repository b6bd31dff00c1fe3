{# Tax, credits and adjustments that follow the usage keep every amount, for each tuple and day. #}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_costs__owned') ~ " where ownership = 'follow')",
    other=ref('int_allocation__follow_parts'),
    keys=apportion.same_names(['charge_date', 'tag_key', 'billing_period_start']),
    amounts=apportion.same_names(apportion.amount_columns()),
) }}
