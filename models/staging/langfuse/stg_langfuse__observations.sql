with

raw_rows as (

    {{ apportion.raw_columns(source('raw_langfuse', 'observations'), [
        ['id', 'text'], ['charge_date', 'date'], ['trace_id', 'text'], ['parent_observation_id', 'text'],
        ['project_id', 'text'], ['type', 'text'], ['name', 'text'], ['level', 'text'], ['environment', 'text'],
        ['session_id', 'text'], ['trace_name', 'text'], ['model', 'text'], ['service_tier', 'text'],
        ['provider', 'text'], ['labels', 'text'], ['start_time', 'text'], ['updated_at', 'text'],
        ['total_cost_usd', 'text'],
    ]) }}

),

final as (

    select
        id,
        charge_date,
        trace_id,
        parent_observation_id,
        project_id,
        upper(type) as observation_type,
        name,
        upper(level) as level,
        environment,
        session_id,
        trace_name,
        model,
        case when service_tier not in ('auto', 'default') then service_tier end as service_tier,
        provider,
        labels,
        {{ apportion.timestamp_of_text('start_time') }} as started_at,
        {{ apportion.timestamp_of_text('updated_at') }} as updated_at,
        'estimated' as cost_basis,
        cast(total_cost_usd as {{ apportion.money() }}) as estimated_cost
    from raw_rows

)

select * from final
