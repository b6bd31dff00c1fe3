{#
    Long, since a contract cannot have a column per name that people invent. What derives from a feature or a pool
    carries the rule of the feature or pool: that rule decided it.
#}
{% set rules = apportion.ladder(virtual_tag_rules()) %}
{% set further = apportion.rule_ladders(rules) | rejectattr('tag', 'in', apportion.standard_tags()) | list %}

with

matches as (

    select * from {{ ref('int_ownership__matches') }}

),

owned as (

    select
        dim_ownership.*,
        dim_ownership.ownership = 'pool' as is_pooled,
        dim_ownership.feature not in ('Unallocated', 'Prepaid') as has_feature

    from {{ ref('dim_ownership') }} as dim_ownership

),

decided as (

    select
        owned.tag_key,
        owned.valid_from,
        owned.valid_to,
        owned.feature,
        owned.product,
        owned.team,
        owned.cost_center,
        owned.environment,
        owned.customer,
        owned.shared_pool,
        owned.rule_id as feature_rule,
        case
            when owned.is_pooled then owned.rule_id
            when matches.value_product_override is not null then matches.rule_product_override
            when owned.has_feature then owned.rule_id
            else matches.rule_product
        end as product_rule,
        case
            when owned.is_pooled then owned.rule_id
            when matches.value_team_override is not null then matches.rule_team_override
            when owned.has_feature then owned.rule_id
            else matches.rule_team
        end as team_rule,
        case
            when owned.is_pooled then owned.rule_id
            when matches.value_cost_center_override is not null then matches.rule_cost_center_override
            when matches.value_team_override is not null then matches.rule_team_override
            when owned.has_feature then owned.rule_id
            else coalesce(matches.rule_team, matches.rule_cost_center)
        end as cost_center_rule,
        matches.rule_environment as environment_rule,
        matches.rule_customer as customer_rule,
        owned.rule_id as shared_pool_rule
        {%- for ladder in further %},
        matches.value_{{ ladder['name'] }},
        matches.rule_{{ ladder['name'] }}
        {%- endfor %}

    from owned

    inner join matches
        on owned.tag_key = matches.tag_key
        and owned.valid_from = matches.valid_from

),

final as (
    {% for tag in apportion.standard_tags() %}
    select
        tag_key,
        valid_from,
        valid_to,
        '{{ tag }}' as tag,
        {{ tag }} as value,
        {{ tag }}_rule as rule_id
    from decided
    {{ 'where shared_pool is not null' if tag == 'shared_pool' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- for ladder in further %}
    union all
    select
        tag_key,
        valid_from,
        valid_to,
        {{ apportion.text_literal(ladder['tag']) }} as tag,
        coalesce(value_{{ ladder['name'] }}, 'Unallocated') as value,
        rule_{{ ladder['name'] }} as rule_id
    from decided
    {%- endfor %}

)

select * from final
