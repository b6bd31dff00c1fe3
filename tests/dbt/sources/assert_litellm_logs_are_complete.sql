{#
    LiteLLM's own sums know of calls that the logs do not have: they were purged, switched off or not yet written.
    Their money stays on the providers' bills and cannot be divided by caller.
#}
{{ config(severity='warn', enabled='litellm' in var('providers')) }}
with

logged as (

    select
        charge_date,
        team_id,
        count(*) as calls
    from {{ ref('stg_litellm__spend_logs') }}
    group by charge_date, team_id

),

summed as (

    select
        charge_date,
        team_id,
        sum(api_requests) as calls
    from {{ ref('stg_litellm__daily_team_spend') }}
    group by charge_date, team_id

)

select
    summed.charge_date,
    summed.team_id,
    summed.calls as calls_summed,
    coalesce(logged.calls, 0) as calls_logged

from summed

left join logged
    on summed.charge_date = logged.charge_date
    and summed.team_id = logged.team_id

where summed.calls > coalesce(logged.calls, 0)
