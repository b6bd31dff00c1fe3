{#
    Single calls to look into. They are in the activity already, so nothing adds them to it. Calls are billed by the
    native counts; tokens_* are another tokenizer's.
#}
{% set amounts = ['total_cost', 'usage', 'upstream_inference_cost', 'cache_discount'] %}
{% set columns = [
    ['id', 'text'], ['created_at', 'text'], ['model', 'text'], ['provider_name', 'text'], ['external_user', 'text'],
    ['session_id', 'text'], ['request_id', 'text'], ['preset_id', 'text'], ['workspace_id', 'text'],
    ['service_tier', 'text'], ['data_region', 'text'], ['is_byok', 'boolean'], ['cancelled', 'boolean'],
    ['native_tokens_prompt', 'bigint'], ['native_tokens_completion', 'bigint'],
    ['native_tokens_reasoning', 'bigint'], ['native_tokens_cached', 'bigint'], ['tokens_prompt', 'bigint'],
    ['tokens_completion', 'bigint'],
] %}
{% set texts = [] %}
{% for amount in amounts %}
    {% do texts.append([amount ~ '_usd', 'text']) %}
{% endfor %}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_openrouter', 'generations'), columns + texts) }}

),

final as (

    select
        {{ columns | map(attribute=0) | join(',\n        ') }},
        {%- for amount in amounts %}
        cast({{ amount }}_usd as {{ apportion.money() }}) as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from raw_rows

)

select * from final
