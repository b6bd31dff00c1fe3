with

raw_rows as (

    {{ apportion.raw_columns(source('raw_cursor', 'usage_events'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['timestamp_ms', 'text'], ['user_email', 'text'],
        ['service_account_id', 'text'], ['service_account_name', 'text'], ['model', 'text'], ['kind', 'text'],
        ['max_mode', 'boolean'], ['is_headless', 'boolean'], ['is_token_based', 'boolean'],
        ['is_chargeable', 'boolean'], ['is_free_bugbot', 'boolean'], ['conversation_id', 'text'],
        ['requests_costs', 'text'], ['input_tokens', 'bigint'], ['output_tokens', 'bigint'],
        ['cache_read_tokens', 'bigint'], ['cache_write_tokens', 'bigint'], ['total_cents', 'text'],
        ['discount_percent_off', 'text'], ['token_fee_cents', 'text'], ['charged_cents', 'text'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        timestamp_ms,
        user_email,
        service_account_id,
        service_account_name,
        model,
        kind,
        max_mode,
        is_headless,
        is_token_based,
        conversation_id,
        is_chargeable,
        is_free_bugbot,
        cast(requests_costs as {{ apportion.money() }}) as requests_costs,
        input_tokens,
        output_tokens,
        cache_read_tokens,
        cache_write_tokens,
        {{ apportion.cents('total_cents') }} as cost_before_discount,
        cast(discount_percent_off as {{ apportion.money() }}) as discount_percent_off,
        {{ apportion.cents('token_fee_cents') }} as token_fee,
        {{ apportion.cents('charged_cents') }} as amount
    from raw_rows

)

select * from final
