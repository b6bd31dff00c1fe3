{# Limits count in cents where costs count in dollars. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_openai', 'spend_limits'), [
        ['id', 'text'], ['project_id', 'text'], ['threshold_cents', 'text'], ['currency', 'text'],
        ['limit_interval', 'text'], ['enforcement', 'text'],
    ]) }}

),

final as (

    select
        id,
        project_id,
        {{ apportion.cents('threshold_cents') }} as threshold,
        upper(currency) as currency,
        limit_interval,
        enforcement
    from raw_rows

)

select * from final
