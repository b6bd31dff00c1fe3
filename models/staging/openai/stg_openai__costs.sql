with

raw_rows as (

    {{ apportion.raw_columns(source('raw_openai', 'costs'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['project_id', 'text'], ['user_id', 'text'],
        ['api_key_id', 'text'], ['api_source', 'text'], ['line_item', 'text'], ['amount', 'text'], ['currency', 'text'], ['quantity', 'text'],
        ['quantity_unit', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        project_id,
        user_id,
        api_key_id,
        api_source,
        line_item,
        cast(amount as {{ apportion.money() }}) as amount,
        upper(currency) as currency,
        cast(quantity as {{ apportion.money() }}) as quantity,
        quantity_unit
    from raw_rows

)

select * from final
