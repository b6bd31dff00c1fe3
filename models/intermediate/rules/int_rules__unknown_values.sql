{#
    A template whose value its seed does not know gives its turn away, and the match keeps only who won. So such rules
    are tried again without asking the seed; what a rule tried before them decided is left alone.
#}
{% set all_rules = apportion.ladder(virtual_tag_rules()) %}
{% set ladders = apportion.rule_ladders(all_rules) %}
{% set rules = all_rules | selectattr('tag', 'in', apportion.known_tags()) | list %}
{% set templates = apportion.rule_templates(rules) %}
{% set tried = [] %}
{% for rule in rules %}
    {% for template in templates if template['tag'] == rule['tag'] and template['text'] == rule['value'] %}
        {% set number = templates.index(template) + 1 %}
        {% do tried.append({
            'rule_id': rule['rule_id'], 'ladder': apportion.ladder_of(rule), 'value': 'filled_' ~ number,
            'condition': 'filled_' ~ number ~ ' is not null and template_' ~ number ~ ' is null and '
                ~ apportion.rule_condition(rule, [], ladders),
        }) %}
    {% endfor %}
{% endfor %}

with

{{ apportion.filled_tuples(ref('int_ownership__tuples'), templates, apportion.rule_lookups(templates)) }}
{{ apportion.tuples_with_tags() }}
unknown as (

    {{ apportion.rules_alone(tried, 'tuples_with_tags') }}

),

rules as (

    select rule_id, tag, priority from {{ ref('int_ownership__rules') }}

),

final as (

    select
        unknown.rule_id,
        rules.tag,
        unknown.value,
        unknown.tag_key,
        unknown.valid_from

    from unknown

    inner join rules
        on unknown.rule_id = rules.rule_id

    left join {{ ref('int_rules__decisions') }} as decisions
        on unknown.tag_key = decisions.tag_key
        and unknown.valid_from = decisions.valid_from
        and unknown.ladder = decisions.ladder

    left join rules as winners
        on decisions.rule_id = winners.rule_id

    where winners.rule_id is null
        or rules.priority < winners.priority
        or (rules.priority = winners.priority and rules.tag = winners.tag and rules.rule_id < winners.rule_id)
        or (rules.priority = winners.priority and rules.tag = 'shared_pool' and winners.tag = 'feature')

)

select * from final
