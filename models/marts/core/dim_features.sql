with

final as (

    select
        {{ apportion.trimmed('feature') }} as feature,
        {{ apportion.trimmed('product') }} as product,
        {{ apportion.trimmed('team') }} as team,
        valid_from,
        valid_to,
        {{ apportion.trimmed('description') }} as description
    from {{ ref('features') }}

)

select * from final
