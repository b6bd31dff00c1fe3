{# What bill keys claim of one telemetry key is no more than what of it counts. #}
select
    claims.charge_date,
    claims.telemetry_key,
    sum(claims.measure) as claimed,
    max(telemetry.counted_quantity) as counted_quantity
from {{ ref('int_attribution__claims') }} as claims
inner join {{ ref('int_attribution__telemetry') }} as telemetry
    on claims.charge_date = telemetry.charge_date
    and claims.telemetry_key = telemetry.telemetry_key
where claims.measured_in = 'quantity'
group by claims.charge_date, claims.telemetry_key
having sum(claims.measure) > max(telemetry.counted_quantity)
