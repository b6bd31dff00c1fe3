{# Top-ups of an account in prepaid_topups.csv, whose bill has purchases of credit too: the same cash may stand twice. #}
{{ config(severity='warn', enabled='prepaid' in var('providers')) }}
select
    costs.service_provider_name,
    costs.billing_account_id,
    costs.x_source,
    sum(costs.billed_cost) as billed_cost

from {{ ref('int_costs__daily') }} as costs

inner join (
    select distinct
        provider,
        billing_account
    from {{ ref('stg_prepaid__topups') }}
) as topups
    on costs.service_provider_name = topups.provider
    and costs.billing_account_id = topups.billing_account

where costs.charge_kind = 'prepaid' and costs.x_source <> 'prepaid'

group by costs.service_provider_name, costs.billing_account_id, costs.x_source
