{# A model without caching counts none: absent counts stay absent here and are 0 in the usage. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_bedrock', 'invocations'), [
        ['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date'], ['invoked_at', 'text'],
        ['request_id', 'text'], ['account_id', 'text'], ['region', 'text'], ['inference_region', 'text'],
        ['operation', 'text'], ['status', 'text'], ['error_code', 'text'], ['model_id', 'text'],
        ['identity_arn', 'text'], ['request_metadata', 'text'], ['performance_latency', 'text'],
        ['input_token_count', 'bigint'], ['cache_read_input_token_count', 'bigint'],
        ['cache_write_input_token_count', 'bigint'], ['output_token_count', 'bigint'],
    ]) }}

),

final as (

    select
        source_file,
        source_row,
        charge_date,
        {{ apportion.timestamp_of_text('invoked_at') }} as invoked_at,
        request_id,
        account_id,
        region,
        inference_region,
        operation,
        status,
        error_code,
        model_id,
        identity_arn,
        request_metadata,
        performance_latency,
        input_token_count,
        cache_read_input_token_count,
        cache_write_input_token_count,
        output_token_count
    from raw_rows

)

select * from final
