{# The report counts in cents, in text; here they become dollars, once. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_anthropic', 'costs'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['workspace_id', 'text'], ['cost_type', 'text'],
        ['description', 'text'], ['model', 'text'], ['token_type', 'text'], ['service_tier', 'text'],
        ['context_window', 'text'], ['inference_geo', 'text'], ['amount_cents', 'text'], ['currency', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        workspace_id,
        cost_type,
        description,
        model,
        token_type,
        service_tier,
        context_window,
        inference_geo,
        {{ apportion.cents('amount_cents') }} as amount,
        upper(currency) as currency
    from raw_rows

)

select * from final
