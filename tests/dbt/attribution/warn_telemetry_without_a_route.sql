{#
    Calls that a gateway or tracer saw and no route puts on a bill, or not on one key or project of a bill that tells these
    apart: they divide nothing. Add a row to seeds/attribution/telemetry_routes.csv; rank 0 leaves them out on purpose.
#}
{{ config(severity='warn') }}
select
    daily.x_source,
    daily.service_provider_name,
    daily.x_api_key_id,
    min(daily.charge_date) as first_day,
    sum(case when daily.x_token_class = 'requests' then daily.quantity else 0 end) as requests
from {{ ref('int_usage__daily') }} as daily
left join {{ ref('int_attribution__telemetry') }} as telemetry
    on daily.charge_date = telemetry.charge_date
    and daily.telemetry_key = telemetry.telemetry_key
left join (
    select distinct
        {{ apportion.normalised('source') }} as source,
        {{ apportion.normalised('gateway_key') }} as gateway_key
    from {{ ref('telemetry_routes') }}
    where rank = 0
) as left_out
    on {{ apportion.normalised('daily.x_source') }} = left_out.source
    and (
        left_out.gateway_key is null
        or left_out.gateway_key = {{ apportion.normalised('daily.x_api_key_id') }}
        or left_out.gateway_key = {{ apportion.normalised('daily.x_api_key_name') }}
    )
where telemetry.telemetry_key is null
    and left_out.source is null
group by daily.x_source, daily.service_provider_name, daily.x_api_key_id
