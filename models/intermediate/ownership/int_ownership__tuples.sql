{# A tuple is looked at once for each stretch of days in which it has charges or usage, not once per charge. #}
with

days_seen as (

    select tag_key, charge_date from {{ ref('int_costs__daily') }}
    union all
    select tag_key, charge_date from {{ ref('int_usage__daily') }}

),

seen as (

    select distinct
        days_seen.tag_key,
        days.owned_from

    from days_seen

    inner join {{ ref('int_ownership__days') }} as days
        on days_seen.charge_date = days.charge_date

),

final as (

    select
        attributes.*,
        epochs.valid_from,
        epochs.valid_to

    from seen

    inner join {{ ref('dim_charge_attributes') }} as attributes
        on seen.tag_key = attributes.tag_key

    inner join {{ ref('int_ownership__epochs') }} as epochs
        on seen.owned_from = epochs.valid_from

)

select * from final
