{#
    Pools that pay each other, resolved: which share of a pool's cost leaves the group through which pool, over all
    paths and circles. State elimination (Grassmann, Taksar, Heyman): a round for each pool that others pay into
    takes it out and hands what it gets on to whom it pays, for all days, groups and flows at once. No recursive
    query: BigQuery cannot merge paths in one, and a circle has no end.

    Shares are integers of 10^-18, cut, so a few units may be missing; the split takes shares in proportion.
    What reaches a pool that pays nobody, or a circle without a way out, stays there: a share of an exit that has
    no targets.
#}
{{ config(materialized='table') }}
{% set group = 'charge_date, component, flow' %}
{% set rounds = (apportion.pool_graph() | map(attribute='place') | select | list + [0]) | max %}
{% set one = apportion.one_in_units() %}
{% set nothing = 'cast(0 as ' ~ apportion.wide_integer() ~ ')' %}

with

nodes as (

    select * from {{ ref('int_allocation__flows') }}

),

weights as (

    select
        nodes.charge_date,
        nodes.component,
        nodes.flow,
        nodes.pool,
        weights.target_type,
        weights.target,
        weights.is_provisional,
        weights.share_weight

    from nodes

    inner join {{ ref('int_allocation__node_shares') }} as weights
        on nodes.pool_rule = weights.pool_rule
        and nodes.charge_date = weights.charge_date
        and nodes.partition_value = weights.partition_value

),

{#  What each pool pays to each other pool of its group, and what leaves the group from it (its exit). #}
paid as (

    select
        {{ group }},
        pool as from_pool,
        case when target_type = 'pool' then 'pool' else 'exit' end as to_kind,
        case when target_type = 'pool' then target else pool end as to_pool,
        sum(share_weight) as share,
        max(case when is_provisional then 1 else 0 end) as open_weights
    from weights
    group by
        {{ group }},
        pool,
        case when target_type = 'pool' then 'pool' else 'exit' end,
        case when target_type = 'pool' then target else pool end

),

places as (

    select
        {{ group }},
        'pool' as to_kind,
        pool as to_pool,
        place as to_place
    from nodes
    where place > 0

    union all

    select
        {{ group }},
        'exit' as to_kind,
        pool as to_pool,
        0 as to_place
    from nodes

),

round_0 as (

    select
        nodes.charge_date,
        nodes.component,
        nodes.flow,
        nodes.pool as from_pool,
        nodes.place as from_place,
        nodes.is_payer,
        places.to_kind,
        places.to_pool,
        places.to_place,
        cast(coalesce(paid.share, 0) as {{ apportion.wide_integer() }}) as share,
        coalesce(paid.open_weights, 0) as open_weights,
        case
            when paid.share is null then null
            when places.to_kind = 'exit' then 0
            else 1
        end as hops,
        case when places.to_kind = 'exit' then '' else {{ dbt.concat(["' > '", 'places.to_pool']) }} end as way

    from nodes

    inner join places
        on nodes.charge_date = places.charge_date
        and nodes.component = places.component
        and nodes.flow = places.flow

    left join paid
        on nodes.charge_date = paid.charge_date
        and nodes.component = paid.component
        and nodes.flow = paid.flow
        and nodes.pool = paid.from_pool
        and places.to_kind = paid.to_kind
        and places.to_pool = paid.to_pool

),
{% for round in range(1, rounds + 1) %}
{#  into_*: what the row's pool pays to the pool of this round; onward_*: what that one pays to the row's target. #}
seen_{{ round }} as (

    select
        *,
        {%- for name, value in [
            ['share', 'share'], ['open_weights', 'open_weights'], ['hops', 'hops'], ['way', 'way'],
        ] %}
        max(case when to_place = {{ round }} then {{ value }} end) over (
            partition by {{ group }}, from_pool
        ) as into_{{ name }},
        max(case when from_place = {{ round }} then {{ value }} end) over (
            partition by {{ group }}, to_kind, to_pool
        ) as onward_{{ name }},
        {%- endfor %}
        cast(sum(case when from_place = {{ round }} and to_place <> {{ round }} then share end) over (
            partition by {{ group }}
        ) as {{ apportion.wide_integer() }}) as leaving
    from round_{{ round - 1 }}

),

handed_on_{{ round }} as (

    select
        *,
        {#  Nothing leaves a pool without weights or a circle without a way out: it is the end. #}
        case
            when leaving = 0 and to_kind = 'exit' and to_pool = ended then {{ one }}
            when leaving = 0 then {{ nothing }}
            else {{ apportion.integer_div('onward_share * ' ~ one, 'leaving') }}
        end as onward_part,
        case
            when leaving = 0 and to_kind = 'exit' and to_pool = ended then 0
            else onward_hops
        end as onward_length

    from (
        select
            seen_{{ round }}.*,
            max(case when from_place = {{ round }} then from_pool end) over (partition by {{ group }}) as ended
        from seen_{{ round }}
    ) as known
    where to_place <> {{ round }}

),

round_{{ round }} as (

    select
        {{ group }},
        from_pool,
        from_place,
        is_payer,
        to_kind,
        to_pool,
        to_place,
        case
            when ended is null then share
            when from_place = {{ round }} then onward_part
            when coalesce(into_share, 0) = 0 then share
            when leaving = 0 then share + case when onward_part > 0 then into_share else {{ nothing }} end
            else share + {{ apportion.integer_div('into_share * onward_share', 'leaving') }}
        end as share,
        case
            when from_place = {{ round }} or coalesce(into_share, 0) = 0 or onward_part = 0 then open_weights
            else greatest(open_weights, into_open_weights, onward_open_weights)
        end as open_weights,
        case
            when from_place = {{ round }} then onward_length
            when coalesce(into_share, 0) = 0 or coalesce(onward_part, 0) = 0 then hops
            when hops <= into_hops + onward_length then hops
            else into_hops + onward_length
        end as hops,
        case
            when from_place = {{ round }} or coalesce(into_share, 0) = 0 or coalesce(onward_part, 0) = 0 then way
            when hops <= into_hops + onward_length then way
            else into_way || onward_way
        end as way
    from handed_on_{{ round }}

),
{% endfor %}
final as (

    select
        charge_date,
        component,
        flow,
        from_pool as pool,
        to_pool as last_pool,
        from_pool || way as chain,
        open_weights > 0 as is_provisional,
        share
    from round_{{ rounds }}
    where is_payer and to_kind = 'exit' and share > 0

)

select * from final
