{# What a pool costs on a day is what its targets get, to the last digit, for each tuple. #}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_costs__owned') ~ " where ownership = 'pool')",
    other=ref('int_allocation__pool_parts'),
    keys=[
        ['pool', 'shared_pool', 'pool'],
        ['charge_date', 'charge_date', 'charge_date'],
        ['tag_key', 'tag_key', 'tag_key'],
    ],
    amounts=apportion.same_names(apportion.amount_columns()),
) }}
