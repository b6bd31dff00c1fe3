{#
    Every line of the ledger has one treatment, and what counts is in the mart once: per currency pair, costs and taxes of
    the newest extracts equal the mart's.
#}
{{ apportion.sums_that_differ(
    one='(select * from ' ~ ref('int_gl__journal_lines') ~ " where treatment in ('cost', 'tax'))",
    other=ref('fct_ledger_costs'),
    keys=apportion.same_names(['transaction_currency', 'ledger_currency']),
    amounts=[
        ['ledger', 'amount_ledger', 'net_amount + tax_amount'],
        ['parts', 'amount_ledger', 'invoice_amount + accrual_amount + reversal_amount + tax_amount'],
        ['transaction', 'amount_transaction', 'net_amount_transaction + tax_amount_transaction'],
        ['journal_lines', '1', 'journal_lines'],
    ],
) }}
