{#
    Events that failed are dropped. Input is without cached tokens already; events that are paid by the request tell no
    tokens and are only `requests`. Included usage is a service tier of its own: no bill is split by it. A member listed for
    a day held a seat, whether he did anything or not.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [
    ['requests', '1'],
    ['input_uncached', 'input_tokens'],
    ['cache_read', 'cache_read_tokens'],
    ['cache_write', 'cache_write_tokens'],
    ['output', 'output_tokens'],
] %}

with

events as (

    select
        charge_date,
        principal,
        service_account_id,
        service_account_name,
        model,
        case when billing = 'included' then 'included' else 'standard' end as service_tier,
        input_tokens,
        output_tokens,
        cache_read_tokens,
        cache_write_tokens,
        amount
    from {{ ref('int_cursor__events') }}
    where billing <> 'errored'

),

seats as (

    select
        charge_date,
        lower(email) as principal,
        max(case when is_active then 1 else 0 end) as is_active
    from {{ ref('stg_cursor__daily_usage') }}
    group by charge_date, lower(email)

),

by_class as (
    {% for name, quantity in classes %}
    select
        charge_date,
        principal,
        service_account_id,
        service_account_name,
        model,
        service_tier,
        'Usage' as charge_category,
        '{{ name }}' as token_class,
        {{ quantity }} as quantity,
        {{ 'amount' if name == 'requests' else 'cast(null as ' ~ apportion.money() ~ ')' }} as estimated_cost
    from events
    union all
    {%- endfor %}
    {% for name, quantity in [['seats', '1'], ['active_seats', 'is_active']] %}
    select
        charge_date,
        principal,
        {{ nothing }} as service_account_id,
        {{ nothing }} as service_account_name,
        {{ nothing }} as model,
        {{ nothing }} as service_tier,
        'Purchase' as charge_category,
        '{{ name }}' as token_class,
        {{ quantity }} as quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost
    from seats
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

summed as (

    select
        charge_date,
        principal,
        service_account_id,
        max(service_account_name) as service_account_name,
        model,
        service_tier,
        charge_category,
        token_class,
        cast(sum(quantity) as {{ apportion.money() }}) as quantity,
        cast(sum(estimated_cost) as {{ apportion.money() }}) as estimated_cost
    from by_class
    where quantity <> 0
    group by
        charge_date,
        principal,
        service_account_id,
        model,
        service_tier,
        charge_category,
        token_class

),

final as (

    select
        charge_date,
        'cursor' as x_source,
        'Cursor' as service_provider_name,
        'cursor' as billing_account_id,
        'Cursor team' as billing_account_name,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        'Cursor' as service_name,
        charge_category,
        model as x_model,
        service_tier as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        service_account_id as x_api_key_id,
        service_account_name as x_api_key_name,
        principal as x_principal,
        {{ nothing }} as x_gateway,
        {{ nothing }} as x_workload,
        {{ nothing }} as x_call_labels,
        'key' as x_attribution_level,
        quantity,
        estimated_cost

    from summed

)

select * from final
