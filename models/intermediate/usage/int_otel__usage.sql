{#
    One row per token class, classes disjoint. The convention knows no lifetime of a cache write: it is `cache_write`.
    Where traces are sampled, quantities are those of the sample: they divide a bill and are no volume.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [
    ['requests', '1'],
    ['input_uncached', 'input_uncached_tokens'],
    ['cache_read', 'cache_read_tokens'],
    ['cache_write', 'cache_creation_tokens'],
    ['output', 'output_tokens'],
] %}
{% set keys = ['charge_date', 'service_provider_name', 'model', 'service_tier', 'service_name', 'workload', 'labels'] %}

with

calls as (

    select * from {{ ref('int_otel__calls') }}
    where outcome = 'call'

),

summed as (

    {{ apportion.usage_by_class('calls', keys, classes) }}

),

final as (

    select
        charge_date,
        'otel' as x_source,
        service_provider_name,
        {{ nothing }} as billing_account_id,
        {{ nothing }} as billing_account_name,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        'OpenTelemetry' as service_name,
        'Usage' as charge_category,
        model as x_model,
        service_tier as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        service_name as x_api_key_id,
        service_name as x_api_key_name,
        {{ nothing }} as x_principal,
        'otel' as x_gateway,
        workload as x_workload,
        labels as x_call_labels,
        'call' as x_attribution_level,
        quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost
    from summed

)

select * from final
