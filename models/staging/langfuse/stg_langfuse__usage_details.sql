{#
    Keys are open and exclude each other, so that they sum to `total`: what was read from a cache is not in `input`, and
    reasoning is not in `output`. A key that nobody knows is a token class by its own name.
#}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_langfuse', 'usage_details'), [
        ['observation_id', 'text'], ['charge_date', 'date'], ['usage_key', 'text'], ['quantity', 'bigint'],
        ['cost_usd', 'text'],
    ]) }}

),

final as (

    select
        observation_id,
        charge_date,
        usage_key,
        case
            {%- for class, keys in apportion.langfuse_usage_keys().items() %}
            when usage_key in ('{{ keys | join("', '") }}') then '{{ class }}'
            {%- endfor %}
            else usage_key
        end as token_class,
        coalesce(usage_key in ('{{ apportion.langfuse_reasoning_keys() | join("', '") }}'), false) as is_reasoning_output,
        quantity,
        cast(cost_usd as {{ apportion.money() }}) as estimated_cost
    from raw_rows

)

select * from final
