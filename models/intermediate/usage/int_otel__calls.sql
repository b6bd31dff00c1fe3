{#
    `outcome` says what a span is to a bill. Only the innermost inference span is the call: agents, tools and
    workflows repeat what their calls used, and so do frameworks that trace around an SDK that is traced itself. Those
    are known by their child, or by the response's id where spans between them are missing. A failed span that told
    tokens was answered, and is billed.

    Whether an input holds what was cached depends on who wrote the span: by the convention it does. An emitter whose
    input is less than what it read and wrote leaves it out, then and on that day in all its spans of the provider;
    the setting input_without_cache names those that do not prove it every day.
#}
{% set inference = ['chat', 'completion', 'text_completion', 'generate_content', 'embeddings', 'embedding', 'rerank'] %}
with

spans as (

    select
        stg.*,
        coalesce(operation in ('{{ inference | join("', '") }}'), model is not null) as is_inference,
        row_number() over (partition by trace_id, span_id order by has_usage desc, source_file asc, source_row asc) as delivery
    from {{ ref('stg_otel__spans') }} as stg

),

parents as (

    select distinct
        trace_id,
        parent_span_id
    from spans
    where is_inference and parent_span_id is not null

),

answers as (

    select
        spans.*,
        parents.parent_span_id is not null as has_call_inside,
        {#  The innermost of several spans of one answer began last. #}
        row_number() over (
            partition by
                spans.is_inference,
                spans.delivery,
                coalesce(spans.provider, ''),
                coalesce(spans.response_id, {{ dbt.concat(['spans.trace_id', "'/'", 'spans.span_id']) }})
            order by
                case when parents.parent_span_id is null then 0 else 1 end asc,
                spans.started_at desc,
                spans.span_id asc
        ) as telling,
        max(case
            when spans.input_without_cache
                or (spans.has_usage and spans.input_tokens < spans.cache_read_tokens + spans.cache_creation_tokens)
                then 1
            else 0
        end) over (
            partition by
                spans.charge_date,
                spans.is_inference,
                coalesce(spans.scope_name, ''),
                coalesce(spans.scope_version, ''),
                coalesce(spans.provider, '')
        ) as leaves_cache_out

    from spans

    left join parents
        on spans.trace_id = parents.trace_id
        and spans.span_id = parents.parent_span_id

),

final as (

    select
        charge_date,
        started_at,
        trace_id,
        span_id,
        case
            when delivery > 1 then 'delivered_again'
            when not is_inference then 'not_inference'
            when has_call_inside or telling > 1 then 'around_a_call'
            when status = 'error' and input_tokens + output_tokens = 0 then 'failed'
            else 'call'
        end as outcome,
        has_usage,
        is_sampled,
        operation,
        scope_name,
        scope_version,
        {{ apportion.service_provider('provider') }} as service_provider_name,
        model,
        case
            when service_tier is null or service_tier in ('default', 'auto') then 'standard'
            else service_tier
        end as service_tier,
        service_name,
        workload,
        labels,
        leaves_cache_out = 1 as leaves_cache_out,
        input_tokens,
        case
            when leaves_cache_out = 1 then input_tokens
            else input_tokens - cache_read_tokens - cache_creation_tokens
        end as input_uncached_tokens,
        cache_read_tokens,
        cache_creation_tokens,
        output_tokens
    from answers

)

select * from final
