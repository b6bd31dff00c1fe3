{# A feature, product, team, cost center or pool that a rule names must stand in its seed. #}
select rules.rule_id, rules.tag, rules.value
from {{ ref('int_ownership__rules') }} as rules
left join {{ ref('int_ownership__known_owners') }} as known
    on rules.tag = known.tag and rules.value = known.spelling
where rules.tag in ('{{ apportion.known_tags() | join("', '") }}')
    and rules.value not like {{ apportion.text_literal('%{' ~ '%') }}
    and known.spelling is null
