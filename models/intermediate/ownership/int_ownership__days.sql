{{ config(materialized='table') }}

with

final as (

    select
        dates.date_day as charge_date,
        epochs.valid_from as owned_from

    from {{ ref('dim_dates') }} as dates

    inner join {{ ref('int_ownership__epochs') }} as epochs
        on dates.date_day >= epochs.valid_from
        and (dates.date_day < epochs.valid_to or epochs.valid_to is null)

)

select * from final
