{#
    Which days did providers bill differently after we had first seen them, and by how much?
    Asked by finance when a figure in a report no longer matches the dashboard. Reads the snapshot that every
    `dbt build` keeps. Run: dbt show --select bills_that_moved --limit 50
#}
with

versions as (

    select
        snapshots.*,
        lag(billed_cost) over (
            partition by provider_name, billing_account_id, charge_date, billing_currency
            order by dbt_valid_from
        ) as billed_before
    from {{ ref('snap_daily_bill') }} as snapshots

)

select
    provider_name,
    billing_account_id,
    charge_date,
    billing_currency,
    billed_before,
    billed_cost as billed_after,
    billed_cost - billed_before as moved,
    dbt_valid_from as seen_at
from versions
where billed_before is not null
order by dbt_valid_from desc, charge_date desc
