{# Every amount is allocated to the last digit. A join that drops or doubles rows shows here. #}
{{ apportion.sums_that_differ(
    one=ref('int_costs__owned'),
    other=ref('fct_allocated_costs'),
    keys=apportion.same_names([
        'charge_date', 'billing_period_start', 'provider_name', 'billing_account_id', 'sub_account_id',
        'service_name', 'charge_category', 'tag_key', 'billing_currency',
    ]),
    amounts=apportion.same_names(apportion.amount_columns()),
) }}
