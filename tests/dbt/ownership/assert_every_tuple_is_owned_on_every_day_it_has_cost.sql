with

seen as (

    select distinct costs.tag_key, days.owned_from
    from {{ ref('int_costs__daily') }} as costs
    left join {{ ref('int_ownership__days') }} as days on costs.charge_date = days.charge_date

)

select seen.*
from seen
left join {{ ref('dim_ownership') }} as ownership
    on seen.tag_key = ownership.tag_key
    and seen.owned_from = ownership.valid_from
where ownership.tag_key is null
