{# The API tells the running cycle only: a closed one is what was read on its last day. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_cursor', 'spend'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['user_id', 'text'], ['email', 'text'], ['name', 'text'],
        ['role', 'text'], ['cycle_start', 'date'], ['spend_cents', 'text'], ['overall_spend_cents', 'text'],
        ['fast_premium_requests', 'text'], ['hard_limit_override_dollars', 'text'],
        ['monthly_limit_dollars', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date as snapshot_date,
        user_id,
        email,
        name,
        role,
        cycle_start,
        {{ apportion.cents('spend_cents') }} as spend_on_demand,
        {{ apportion.cents('overall_spend_cents') }} as spend_overall,
        cast(fast_premium_requests as {{ apportion.money() }}) as fast_premium_requests,
        cast(hard_limit_override_dollars as {{ apportion.money() }}) as hard_limit_override,
        cast(monthly_limit_dollars as {{ apportion.money() }}) as monthly_limit
    from raw_rows

)

select * from final
