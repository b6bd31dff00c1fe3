{#
    The ledger's side of the reconciliation. Currencies are part of the grain and never summed. Accruals and reversals stand
    beside the invoices, so that a month without its invoice shows, and net to it.
#}
{{ config(materialized='table') }}
{% set keys = ['fiscal_month', 'service_month', 'provider_name', 'company_code', 'transaction_currency', 'ledger_currency'] %}
{% set kinds = ['invoice', 'accrual', 'reversal', 'tax'] %}

with

lines as (

    select * from {{ ref('int_gl__journal_lines') }}
    where entry_kind <> 'none'

),

final as (

    select
        {{ keys | join(',\n        ') }},
        {%- for suffix, amount in [['', 'amount_ledger'], ['_transaction', 'amount_transaction']] %}
        cast(sum(case when entry_kind <> 'tax' then {{ amount }} else 0 end) as {{ apportion.money() }}) as net_amount{{ suffix }},
        {%- for kind in kinds %}
        cast(sum(case when entry_kind = '{{ kind }}' then {{ amount }} else 0 end) as {{ apportion.money() }}) as {{ kind }}_amount{{ suffix }},
        {%- endfor %}
        {%- endfor %}
        cast(sum(tax_told) as {{ apportion.money() }}) as tax_told_transaction,
        count(*) as journal_lines,
        max(period_status) = 'closed' as is_closed
    from lines
    group by
        {{ keys | join(',\n        ') }}

)

select * from final
