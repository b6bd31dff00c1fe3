{# The report counts in cents, in text; here they become dollars, once. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_anthropic', 'analytics_costs'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['workspace_id', 'text'], ['api_key_id', 'text'],
        ['model', 'text'], ['service_tier', 'text'], ['context_window', 'text'], ['cost_type', 'text'],
        ['token_type', 'text'], ['amount_cents', 'text'], ['list_amount_cents', 'text'], ['currency', 'text'],
        ['refreshed_at', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        workspace_id,
        api_key_id,
        model,
        service_tier,
        context_window,
        cost_type,
        token_type,
        {{ apportion.cents('amount_cents') }} as amount,
        {{ apportion.cents('list_amount_cents') }} as list_amount,
        upper(currency) as currency,
        refreshed_at
    from raw_rows

)

select * from final
