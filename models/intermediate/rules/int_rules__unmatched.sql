{#
    Where no rule said anything. An owner that a rule gave and that is not valid on the day is Unallocated too, but no
    further rule would mend that. A pool is missing only where an owner is too.
#}
with

owned as (

    select
        dim_ownership.*,
        feature = 'Unallocated' and product = 'Unallocated' and team = 'Unallocated' and cost_center = 'Unallocated'
            as has_no_owner
    from {{ ref('dim_ownership') }} as dim_ownership
    where ownership <> 'follow'

),

untagged as (

    select
        tags.tag,
        tags.tag_key,
        tags.valid_from

    from {{ ref('dim_virtual_tags') }} as tags

    inner join owned
        on tags.tag_key = owned.tag_key
        and tags.valid_from = owned.valid_from

    where tags.value = 'Unallocated'
        and tags.rule_id is null
        and tags.tag in ('{{ apportion.standard_tags() | join("', '") }}')

    union all

    select
        'shared_pool' as tag,
        tag_key,
        valid_from
    from owned
    where ownership = 'direct' and has_no_owner and rule_id is null

),

final as (

    select
        untagged.tag,
        untagged.tag_key,
        untagged.valid_from

    from untagged

    inner join {{ ref('int_rules__tuple_costs') }} as costs
        on untagged.tag_key = costs.tag_key
        and untagged.valid_from = costs.valid_from

    where costs.has_charges

)

select * from final
