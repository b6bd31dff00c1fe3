with

raw_rows as (

    {{ apportion.raw_columns(source('raw_litellm', 'budgets'), [
        ['budget_id', 'text'], ['max_budget_usd', 'text'], ['soft_budget_usd', 'text'],
        ['budget_duration', 'text'], ['budget_reset_at', 'timestamp'],
    ]) }}

),

final as (

    select
        budget_id,
        cast(max_budget_usd as {{ apportion.money() }}) as max_budget,
        cast(soft_budget_usd as {{ apportion.money() }}) as soft_budget,
        budget_duration,
        budget_reset_at
    from raw_rows

)

select * from final
