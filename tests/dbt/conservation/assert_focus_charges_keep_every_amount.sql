{{ config(enabled='focus' in var('providers')) }}
{{ apportion.sums_that_differ(
    one=ref('stg_focus__cost_and_usage'),
    other=ref('int_focus__charges'),
    keys=apportion.same_names(['charge_date', 'billing_currency']),
    amounts=[['lines', '1', '1']] + apportion.costs_on_both_sides(),
) }}
