{# The running spend starts again whenever a budget does, and is no sum of anything. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_litellm', 'keys'), [
        ['token', 'text'], ['key_alias', 'text'], ['team_id', 'text'], ['user_id', 'text'], ['project_id', 'text'],
        ['budget_id', 'text'],
        ['max_budget_usd', 'text'], ['budget_duration', 'text'], ['running_spend_usd', 'text'],
    ]) }}

),

final as (

    select
        token,
        key_alias,
        team_id,
        user_id,
        project_id,
        budget_id,
        cast(max_budget_usd as {{ apportion.money() }}) as max_budget,
        budget_duration,
        cast(running_spend_usd as {{ apportion.money() }}) as running_spend
    from raw_rows

)

select * from final
