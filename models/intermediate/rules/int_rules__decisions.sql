{#
    Who won, ladder by ladder. Feature and pool are one ladder, so a rule for a feature that a pool beats everywhere has
    won nothing. Overrides, and plain rules behind them, are ladders of their own: a plain rule for a team counts
    where it is the first that holds, also where the team comes from a feature after all.
#}
{{ config(materialized='table') }}
{% set joint = ['feature', 'shared_pool'] %}

with

matches as (

    select * from {{ ref('int_ownership__matches') }}

),

owned as (

    select * from {{ ref('dim_ownership') }}

),

decisions as (

    select
        tag_key,
        valid_from,
        'feature_or_pool' as ladder,
        rule_id
    from owned
    {% for ladder in apportion.rule_ladders(virtual_tag_rules()) if ladder['tag'] not in joint %}
    {%- set overrides = 'yes' if ladder['name'].endswith('_override') and ladder['tag'] in apportion.derived_tags() else '' %}
    union all

    select
        tag_key,
        valid_from,
        {{ apportion.text_literal(apportion.ladder_of({'tag': ladder['tag'], 'overrides': overrides})) }} as ladder,
        rule_{{ ladder['name'] }} as rule_id
    from matches
    {% endfor %}

),

final as (

    select
        tag_key,
        valid_from,
        ladder,
        rule_id
    from decisions
    where rule_id is not null

)

select * from final
