{# What the completeness ledger counts is what the fact holds. #}
{{ apportion.sums_that_differ(
    one=ref('fct_charges'),
    other=ref('fct_completeness'),
    keys=[
        ['source', 'x_source', 'source'],
        ['charge_date', 'charge_date', 'charge_date'],
        ['billing_currency', 'billing_currency', 'billing_currency'],
    ],
    amounts=[
        ['bill_lines', '1', 'bill_lines'],
        ['billed_cost', 'billed_cost', 'billed_cost'],
        ['effective_cost', 'effective_cost', 'effective_cost'],
    ],
) }}
