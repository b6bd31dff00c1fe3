{# The value of a template is filled per tuple, in int_ownership__matches. #}
with

final as (

    select
        {{ apportion.trimmed('rules.rule_id') }} as rule_id,
        {{ apportion.trimmed('rules.tag') }} as tag,
        cast(rules.priority as {{ dbt.type_int() }}) as priority,
        coalesce(known.spelling, {{ apportion.trimmed('rules.value') }}) as value

    from {{ ref('virtual_tag_rules') }} as rules

    left join {{ ref('int_ownership__known_owners') }} as known
        on {{ apportion.trimmed('rules.tag') }} = known.tag
        and {{ apportion.normalised('rules.value') }} = known.normalised

)

select * from final
