{#
    On Azure, and through a marketplace, the cloud's bill holds Databricks' lines too. Read one of the two: names the month and
    the money that counts twice.
#}
{{ config(enabled='databricks_usage' in var('providers')) }}
select
    clouds.x_source,
    clouds.billing_account_id,
    clouds.billing_period_start,
    sum(clouds.billed_cost) as billed_cost
from {{ ref('fct_charges') }} as clouds
inner join (
    select distinct
        billing_period_start,
        host_provider_name
    from {{ ref('int_databricks_usage__charges') }}
) as own
    on clouds.billing_period_start = own.billing_period_start
    and clouds.service_provider_name = own.host_provider_name
where clouds.x_source <> 'databricks_usage'
    and lower(clouds.service_name) like '%databricks%'
group by
    clouds.x_source,
    clouds.billing_account_id,
    clouds.billing_period_start
