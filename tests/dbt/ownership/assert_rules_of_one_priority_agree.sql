{#
    Names tuples for which two rules of one priority disagree: the smaller rule_id decides, which nobody may have
    meant. Asked by trying each priority backwards too. A warning, since the outcome is defined; it is an error
    for whoever expected the other rule.
#}
{{ config(severity='warn') }}
with

forwards as (

    select * from {{ ref('int_ownership__matches') }}

),

backwards as (

    {{ apportion.match_rules(ref('int_ownership__tuples'), backwards=true) }}

)

{% for ladder in apportion.rule_ladders(virtual_tag_rules()) %}
select
    {{ apportion.text_literal(ladder['tag']) }} as tag,
    forwards.tag_key,
    forwards.valid_from,
    forwards.rule_{{ ladder['name'] }} as rule_id,
    forwards.value_{{ ladder['name'] }} as value,
    backwards.rule_{{ ladder['name'] }} as other_rule_id,
    backwards.value_{{ ladder['name'] }} as other_value
from forwards
inner join backwards
    on forwards.tag_key = backwards.tag_key and forwards.valid_from = backwards.valid_from
where forwards.value_{{ ladder['name'] }} is distinct from backwards.value_{{ ladder['name'] }}
{{ 'union all' if not loop.last }}
{% endfor %}
