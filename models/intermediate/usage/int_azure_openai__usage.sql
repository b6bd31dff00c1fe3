{#
    A deployment is what a caller addresses, the finest thing that Azure Monitor knows: it is our key. Prompt tokens hold
    the cached ones, and only an average rate of these is told, so they are the class `input`, all of it. Tokens of
    provisioned throughput are among them, as tier provisioned: no meter bills them.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}

with

metrics as (

    select * from {{ ref('stg_azure_openai__token_metrics') }}

),

deployments as (

    select * from {{ ref('stg_azure_openai__deployments') }}

),

{#  Metrics know no billing account: the bill says whose a subscription is, the newest word counts. #}
subscriptions as (

    select
        subscription_id,
        billing_account_id,
        billing_account_name,
        subscription_name
    from (
        select
            subscription_id,
            billing_account_id,
            billing_account_name,
            subscription_name,
            row_number() over (partition by subscription_id order by charge_date desc, line_id desc) as place
        from {{ ref('stg_azure_openai__cost_details') }}
        where subscription_id is not null
    ) as billed
    where place = 1

),

final as (

    select
        metrics.charge_date,
        'azure_openai' as x_source,
        'Microsoft' as service_provider_name,
        subscriptions.billing_account_id,
        coalesce(subscriptions.billing_account_name, subscriptions.billing_account_id) as billing_account_name,
        metrics.subscription_id as sub_account_id,
        subscriptions.subscription_name as sub_account_name,
        'Azure OpenAI' as service_name,
        'Usage' as charge_category,
        metrics.model_name as x_model,
        {#  A deployment that is deleted and was never listed: what most are. #}
        coalesce(deployments.service_tier, 'standard') as x_service_tier,
        {{ nothing }} as x_context_tier,
        deployments.region_scope as x_region_scope,
        case metrics.metric
            when 'ProcessedPromptTokens' then 'input'
            when 'GeneratedTokens' then 'output'
            when 'AzureOpenAIRequests' then 'requests'
        end as x_token_class,
        metrics.deployment_id as x_api_key_id,
        metrics.deployment as x_api_key_name,
        {{ nothing }} as x_principal,
        {{ nothing }} as x_gateway,
        {{ nothing }} as x_workload,
        {{ nothing }} as x_call_labels,
        'key' as x_attribution_level,
        cast(metrics.total as {{ apportion.money() }}) as quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost

    from metrics

    left join deployments
        on metrics.deployment_id = deployments.deployment_id

    left join subscriptions
        on metrics.subscription_id = subscriptions.subscription_id

)

select * from final
