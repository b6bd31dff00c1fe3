{#
    Which observations are calls that count. A framework may log a generation around the provider's own, with spans
    between them: the innermost calls count, those around them do not. Langfuse documents that `total` is the sum of the
    other keys; where that does not hold, the keys overlap or one is missing, so the row is labelled and stays out.
#}
{#  So many observations may lie between a call and the one around it. #}
{% set depth = 8 %}
with

observations as (

    select * from {{ ref('stg_langfuse__observations') }}

),

sums as (

    select
        observation_id,
        sum(case when usage_key <> 'total' then quantity end) as tokens,
        max(case when usage_key = 'total' then quantity end) as told_total
    from {{ ref('stg_langfuse__usage_details') }}
    group by observation_id

),

described as (

    select
        observations.*,
        observations.observation_type in ('GENERATION', 'EMBEDDING') as is_model_call,
        sums.tokens,
        sums.told_total,
        coalesce(observations.level = 'ERROR', false) and coalesce(sums.tokens, 0) = 0 as is_failed

    from observations

    left join sums
        on observations.id = sums.observation_id

),

{#  The calls, each with what it lies in, one level further out each time. #}
level_1 as (

    select
        id as call_id,
        tokens,
        parent_observation_id as around_id
    from described
    where is_model_call and not is_failed and parent_observation_id is not null

),
{% for level in range(2, depth + 1) %}
level_{{ level }} as (

    select
        inner_level.call_id,
        inner_level.tokens,
        observations.parent_observation_id as around_id
    from level_{{ level - 1 }} as inner_level
    inner join observations
        on inner_level.around_id = observations.id
    where observations.parent_observation_id is not null

),
{% endfor %}
nested as (
    {% for level in range(1, depth + 1) %}
    select call_id, tokens, around_id from level_{{ level }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

outer_calls as (

    select distinct around_id from nested

),

{#  Of the calls within a call only the innermost are summed, or what repeats would be counted again. #}
innermost as (

    select nested.*
    from nested
    left join outer_calls
        on nested.call_id = outer_calls.around_id
    where outer_calls.around_id is null

),

around as (

    select
        around_id,
        coalesce(sum(tokens), 0) as tokens_within
    from innermost
    group by around_id

),

final as (

    select
        described.id,
        described.charge_date,
        described.project_id,
        described.observation_type,
        described.model,
        described.service_tier,
        described.provider,
        described.labels,
        described.tokens,
        described.told_total,
        described.estimated_cost,
        case
            when not described.is_model_call then 'no model call'
            when described.is_failed then 'failed'
            when around.around_id is not null and coalesce(described.tokens, 0) in (0, around.tokens_within)
                then 'around other calls'
            when around.around_id is not null then 'around other calls, with other usage'
            when described.told_total <> coalesce(described.tokens, 0) then 'total is not the sum'
            else 'call'
        end as counted_as

    from described

    left join around
        on described.id = around.around_id

)

select * from final
