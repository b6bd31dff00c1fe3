{# AI credits are a quantity; the amounts beside them are dollars. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_github_copilot', 'user_usage'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['user_login', 'text'], ['cost_center', 'text'],
        ['cost_center_name', 'text'], ['product', 'text'], ['sku', 'text'], ['model', 'text'], ['unit_type', 'text'],
        ['price_per_unit_dollars', 'text'], ['gross_quantity', 'text'], ['gross_dollars', 'text'],
        ['discount_quantity', 'text'], ['discount_dollars', 'text'], ['net_quantity', 'text'],
        ['net_dollars', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        user_login,
        cost_center,
        cost_center_name,
        product,
        sku,
        model,
        unit_type,
        case
            when lower(unit_type) like '%credit%' then 'ai_credits'
            when lower(unit_type) like '%request%' then 'requests'
            else lower(unit_type)
        end as token_class,
        cast(price_per_unit_dollars as {{ apportion.money() }}) as price_per_unit,
        cast(gross_quantity as {{ apportion.money() }}) as gross_quantity,
        cast(discount_quantity as {{ apportion.money() }}) as discount_quantity,
        cast(net_quantity as {{ apportion.money() }}) as net_quantity,
        cast(gross_dollars as {{ apportion.money() }}) as gross_amount,
        cast(discount_dollars as {{ apportion.money() }}) as discount_amount,
        cast(net_dollars as {{ apportion.money() }}) as net_amount
    from raw_rows

)

select * from final
