{#
    What the gateway saw of the providers' bills, by the labels that callers set. Dropped, since nobody bills them to the
    caller: answers from the gateway's cache (cached is not the provider's prompt cache), failed attempts, of which a
    retried call has several, and guardrail evaluations, which Cloudflare's own model makes on Cloudflare's bill.
    The log does not say how much of tokens_in was read from the provider's cache, so it is the class `input`, which
    cannot be divided. A streamed call may have no tokens; it still counts as a request.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [['requests', '1'], ['input', 'tokens_in'], ['output', 'tokens_out']] %}
{% set keys = ['charge_date', 'provider', 'gateway', 'model', 'labels'] %}

with

calls as (

    select * from {{ ref('stg_cloudflare_ai_gateway__logs') }}
    where
        is_success
        and not is_cache_hit
        and not (lower(provider) = 'workers-ai' and lower(coalesce(model, '')) like '%guard%')

),

summed as (

    {{ apportion.usage_by_class('calls', keys, classes, estimate='estimated_cost') }}

),

final as (

    select
        charge_date,
        'cloudflare_ai_gateway' as x_source,
        {{ apportion.service_provider('provider') }} as service_provider_name,
        {{ nothing }} as billing_account_id,
        {{ nothing }} as billing_account_name,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        {{ nothing }} as service_name,
        'Usage' as charge_category,
        model as x_model,
        'standard' as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        gateway as x_api_key_id,
        gateway as x_api_key_name,
        {{ nothing }} as x_principal,
        'cloudflare_ai_gateway' as x_gateway,
        {{ nothing }} as x_workload,
        labels as x_call_labels,
        'call' as x_attribution_level,
        quantity,
        estimated_cost

    from summed

)

select * from final
