{#
    A line whose amount in the books is not its amount in the document's currency times the rate, by more than a cent:
    rounding explains no more. A warning, since the books are right by definition; the rate may be another day's.
#}
{{ config(severity='warn') }}
with

converted as (

    select
        journal_line_id,
        provider_name,
        transaction_currency,
        amount_transaction,
        exchange_rate,
        ledger_currency,
        amount_ledger,
        amount_ledger - {{ apportion.product_of('amount_transaction', 'exchange_rate') }} as difference
    from {{ ref('int_gl__journal_lines') }}
    where exchange_rate <> 0

)

select * from converted
where {{ apportion.units_of('abs(difference)', 2) }} > 1
