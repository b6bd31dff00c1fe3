{#
    Amortized cost alone does not tell what was bought and billed: export the actual cost of these months too. The source
    refuses a location without any, and period folders without theirs; files elsewhere are compared here.
#}
{{ config(enabled='azure' in var('providers')) }}
select
    billing_account_id,
    billing_period_start_date,
    min(source_file) as source_file
from {{ ref('stg_azure__cost_details') }}
group by billing_account_id, billing_period_start_date
having sum(case when export_kind = 'actual' then 1 else 0 end) = 0
