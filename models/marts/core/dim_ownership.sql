{#
    Product, team and cost center come from the first override, else from the feature (the cost center from the
    team), else from the first plain rule. A feature or team that is not valid on the day leaves what is derived
    from it Unallocated. In a pool these four come from the target, so they are open here.
#}
with

matches as (

    select * from {{ ref('int_ownership__matches') }}

),

attributes as (

    select tag_key, charge_kind from {{ ref('dim_charge_attributes') }}

),

{#  Feature and pool are one ladder: the lower priority decides, and the pool where they are equal. #}
decided as (

    select
        matches.*,
        attributes.charge_kind,
        coalesce(
            matches.value_shared_pool is not null
            and (matches.value_feature is null or matches.priority_shared_pool <= matches.priority_feature),
            false
        ) as is_pooled

    from matches

    inner join attributes
        on matches.tag_key = attributes.tag_key

),

featured as (

    select
        decided.*,
        case when not decided.is_pooled then decided.value_feature end as own_feature,
        features.feature is not null as is_feature_valid,
        features.product as feature_product,
        features.team as feature_team

    from decided

    left join {{ ref('int_ownership__features') }} as features
        on not decided.is_pooled
        and {{ apportion.normalised('decided.value_feature') }} = features.normalised
        and decided.valid_from = features.epoch

),

derived as (

    select
        featured.*,
        case
            when value_product_override is not null then value_product_override
            when own_feature is not null and not is_feature_valid then 'Unallocated'
            else coalesce(feature_product, value_product)
        end as own_product,
        case
            when value_team_override is not null then value_team_override
            when own_feature is not null and not is_feature_valid then 'Unallocated'
            else coalesce(feature_team, value_team)
        end as own_team

    from featured

),

paid as (

    select
        derived.*,
        case
            when derived.value_cost_center_override is not null then derived.value_cost_center_override
            when derived.own_team = 'Unallocated' then 'Unallocated'
            when derived.own_team is not null and teams.team is null then 'Unallocated'
            else coalesce(teams.cost_center, derived.value_cost_center)
        end as own_cost_center

    from derived

    left join {{ ref('int_ownership__teams') }} as teams
        on {{ apportion.normalised('derived.own_team') }} = teams.normalised
        and derived.valid_from = teams.epoch

),

settled as (

    select
        paid.*,
        not is_pooled
        and own_feature is null
        and own_product is null
        and own_team is null
        and own_cost_center is null as is_undecided

    from paid

),

final as (

    select
        tag_key,
        valid_from,
        valid_to,
        case
            when is_pooled then 'pool'
            when is_undecided and charge_kind = 'adjusting' then 'follow'
            else 'direct'
        end as ownership,
        {%- for tag in ['feature', 'product', 'team', 'cost_center'] %}
        case
            when is_pooled then 'Unallocated'
            when is_undecided and charge_kind = 'prepaid' then 'Prepaid'
            else coalesce(own_{{ tag }}, 'Unallocated')
        end as {{ tag }},
        {%- endfor %}
        coalesce(value_environment, 'Unallocated') as environment,
        coalesce(value_customer, 'Unallocated') as customer,
        case when is_pooled then value_shared_pool end as shared_pool,
        case when is_pooled then rule_shared_pool else rule_feature end as rule_id,
        coalesce(rule_product_override, rule_product) as product_rule_id,
        coalesce(rule_team_override, rule_team) as team_rule_id,
        coalesce(rule_cost_center_override, rule_cost_center) as cost_center_rule_id,
        rule_environment as environment_rule_id,
        rule_customer as customer_rule_id

    from settled

)

select * from final
