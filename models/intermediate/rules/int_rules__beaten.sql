{# Only the rules that win nothing are tried by themselves: thousands of rules that do win cost nothing here. #}
{{ config(materialized='table') }}
{% set silent = silent_rules() %}
{% set all_rules = apportion.ladder(virtual_tag_rules()) %}
{% set ladders = apportion.rule_ladders(all_rules) %}
{% set rules = all_rules | selectattr('rule_id', 'in', silent) | list %}
{% set templates = apportion.rule_templates(rules) %}
{% set tried = [] %}
{% for rule in rules %}
    {% do tried.append({
        'rule_id': rule['rule_id'], 'ladder': apportion.ladder_of(rule),
        'condition': apportion.rule_condition(rule, templates, ladders),
    }) %}
{% endfor %}

with

{{ apportion.filled_tuples(ref('int_ownership__tuples'), templates, apportion.rule_lookups(templates)) }}
{{ apportion.tuples_with_tags() }}
holding as (

    {{ apportion.rules_alone(tried, 'tuples_with_tags') }}

),

final as (

    select
        holding.rule_id,
        holding.tag_key,
        holding.valid_from,
        decisions.rule_id as winning_rule_id

    from holding

    inner join {{ ref('int_rules__decisions') }} as decisions
        on holding.tag_key = decisions.tag_key
        and holding.valid_from = decisions.valid_from
        and holding.ladder = decisions.ladder

)

select * from final
