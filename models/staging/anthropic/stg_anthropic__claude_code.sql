{# Estimates: never added to what is billed. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_anthropic', 'claude_code'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['actor_type', 'text'], ['actor', 'text'],
        ['organization_id', 'text'], ['customer_type', 'text'], ['subscription_type', 'text'],
        ['terminal_type', 'text'], ['is_remote', 'boolean'], ['model', 'text'], ['num_sessions', 'bigint'],
        ['lines_added', 'bigint'], ['lines_removed', 'bigint'], ['commits', 'bigint'],
        ['pull_requests', 'bigint'], ['input_tokens', 'bigint'], ['output_tokens', 'bigint'],
        ['cache_read_tokens', 'bigint'], ['cache_creation_tokens', 'bigint'],
        ['estimated_cost_cents', 'text'], ['currency', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        actor_type,
        actor,
        organization_id,
        customer_type,
        subscription_type,
        terminal_type,
        is_remote,
        model,
        num_sessions,
        lines_added,
        lines_removed,
        commits,
        pull_requests,
        input_tokens,
        output_tokens,
        cache_read_tokens,
        cache_creation_tokens,
        'estimated' as cost_basis,
        {{ apportion.cents('estimated_cost_cents') }} as estimated_cost,
        upper(currency) as currency
    from raw_rows

)

select * from final
