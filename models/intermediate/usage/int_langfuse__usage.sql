{#
    What the tracer saw of the providers' bills, by the labels that callers set. Usage keys exclude each other already, so
    each is a token class; reasoning is output. Observations that do not count as a call (int_langfuse__observations says
    why) are left out. End users and sessions are no labels.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set keys = ['charge_date', 'project_id', 'model', 'service_tier', 'billed_by', 'labels', 'token_class'] %}
with

calls as (

    select
        observations.*,
        case
            when provider is not null then {{ apportion.service_provider('provider') }}
            else {{ apportion.service_provider_of_model('model') }}
        end as billed_by
    from {{ ref('int_langfuse__observations') }} as observations
    where counted_as = 'call'

),

by_class as (

    select
        {{ keys[:-1] | join(',\n        ') }},
        'requests' as token_class,
        1 as quantity,
        estimated_cost
    from calls

    union all

    select
        calls.{{ keys[:-1] | join(',\n        calls.') }},
        details.token_class,
        details.quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost
    from calls
    inner join {{ ref('stg_langfuse__usage_details') }} as details
        on calls.id = details.observation_id
    where details.usage_key <> 'total'

),

summed as (

    select
        {{ keys | join(',\n        ') }},
        cast(sum(quantity) as {{ apportion.money() }}) as quantity,
        cast(sum(estimated_cost) as {{ apportion.money() }}) as estimated_cost
    from by_class
    where quantity <> 0
    group by
        {{ keys | join(',\n        ') }}

),

projects as (

    select * from {{ ref('stg_langfuse__projects') }}

),

final as (

    select
        summed.charge_date,
        'langfuse' as x_source,
        summed.billed_by as service_provider_name,
        {{ nothing }} as billing_account_id,
        {{ nothing }} as billing_account_name,
        {{ nothing }} as sub_account_id,
        {{ nothing }} as sub_account_name,
        {{ nothing }} as service_name,
        'Usage' as charge_category,
        summed.model as x_model,
        coalesce(summed.service_tier, 'standard') as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        summed.token_class as x_token_class,
        summed.project_id as x_api_key_id,
        projects.name as x_api_key_name,
        {{ nothing }} as x_principal,
        'langfuse' as x_gateway,
        {{ nothing }} as x_workload,
        summed.labels as x_call_labels,
        'call' as x_attribution_level,
        summed.quantity,
        summed.estimated_cost

    from summed

    left join projects
        on summed.project_id = projects.id

)

select * from final
