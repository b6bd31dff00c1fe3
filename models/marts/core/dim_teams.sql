with

final as (

    select
        {{ apportion.trimmed('team') }} as team,
        {{ apportion.trimmed('cost_center') }} as cost_center,
        {{ apportion.trimmed('department') }} as department,
        {{ apportion.trimmed('owner_email') }} as owner_email,
        valid_from,
        valid_to
    from {{ ref('teams') }}

)

select * from final
