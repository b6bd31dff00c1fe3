{# Costs of the ledger whose vendor and account no row of seeds/finance/gl_accounts.csv gives a provider: add a row. #}
{{ config(severity='warn') }}
select
    company_code,
    account_number,
    vendor_id,
    vendor_name,
    ledger_currency,
    sum(amount_ledger) as amount_ledger,
    count(*) as journal_lines
from {{ ref('int_gl__journal_lines') }}
where entry_kind <> 'none'
    and provider_name = 'Unmapped'
group by
    company_code,
    account_number,
    vendor_id,
    vendor_name,
    ledger_currency
