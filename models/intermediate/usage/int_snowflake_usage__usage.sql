{#
    Cortex functions: what Snowflake counted of each call. Credits are on the bill under AI services and are no tokens, so they
    stay in staging. A query tag that is a JSON object tells labels of the call.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [
    ['requests', 'requests'], ['input', 'input_tokens'], ['output', 'output_tokens'], ['tokens', 'total_tokens'],
    ['pages', 'pages'],
] %}
{% set keys = [
    'charge_date', 'organization_name', 'account_locator', 'account_name', 'model_name', 'user_id',
    'x_call_labels',
] %}

with

calls as (

    select
        stg.*,
        {{ apportion.call_labels('query_tag') }} as x_call_labels,
        {#  A query that runs over an hour has a row in each; its call counts in the first. #}
        case
            when row_number() over (
                partition by query_id, function_name, model_name, account_locator order by start_time, line_id
            ) = 1 then cast(1 as {{ apportion.money() }})
        end as requests
    from {{ ref('stg_snowflake_usage__cortex_usage') }} as stg

),

summed as (

    {{ apportion.usage_by_class('calls', keys, classes) }}

),

final as (

    select
        charge_date,
        'snowflake_usage' as x_source,
        'Snowflake' as service_provider_name,
        organization_name as billing_account_id,
        organization_name as billing_account_name,
        account_locator as sub_account_id,
        account_name as sub_account_name,
        'Snowflake Cortex' as service_name,
        'Usage' as charge_category,
        model_name as x_model,
        {{ nothing }} as x_service_tier,
        {{ nothing }} as x_context_tier,
        {{ nothing }} as x_region_scope,
        token_class as x_token_class,
        {{ nothing }} as x_api_key_id,
        {{ nothing }} as x_api_key_name,
        user_id as x_principal,
        {{ nothing }} as x_gateway,
        {{ nothing }} as x_workload,
        x_call_labels,
        'call' as x_attribution_level,
        quantity,
        estimated_cost
    from summed

)

select * from final
