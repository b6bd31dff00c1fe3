with

raw_rows as (

    {{ apportion.raw_columns(source('raw_github_copilot', 'seats'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['user_login', 'text'], ['user_id', 'text'],
        ['plan_type', 'text'], ['created_at', 'text'], ['pending_cancellation_date', 'text'],
        ['last_activity_at', 'text'], ['last_activity_editor', 'text'], ['assigning_team', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date as snapshot_date,
        user_login,
        user_id,
        plan_type,
        cast(substr(created_at, 1, 10) as date) as assigned_from,
        cast(substr(pending_cancellation_date, 1, 10) as date) as cancelled_on,
        cast(substr(last_activity_at, 1, 10) as date) as last_active_on,
        last_activity_editor,
        assigning_team
    from raw_rows

)

select * from final
