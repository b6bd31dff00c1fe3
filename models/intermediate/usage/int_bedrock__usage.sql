{#
    Calls by day and everything that the log tells of them; input counts nothing that was read from or written to a
    cache, so the classes are disjoint as they are. The log does not tell how long a write lives: `cache_write`.
    Left out: calls that failed without an answer, which AWS does not bill, and the second record of a call that was
    logged to S3 and to CloudWatch.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set classes = [
    ['input_uncached', 'input_token_count'],
    ['cache_read', 'cache_read_input_token_count'],
    ['cache_write', 'cache_write_input_token_count'],
    ['output', 'output_token_count'],
    ['requests', 'calls'],
] %}
{% set keys = ['charge_date', 'account_id', 'model_id', 'tier', 'caller', 'labels'] %}

with

records as (

    select
        stg.*,
        row_number() over (
            partition by
                account_id, region, coalesce(request_id, {{ dbt.concat([
                    'source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')'
                ]) }})
            order by source_file, source_row
        ) as place
    from {{ ref('stg_bedrock__invocations') }} as stg
    where error_code is null or coalesce(output_token_count, 0) > 0

),

described as (

    select
        charge_date,
        account_id,
        model_id,
        case
            when model_id like '%:provisioned-model/%' then 'provisioned'
            when performance_latency = 'optimized' then 'latency_optimized'
            else 'standard'
        end as tier,
        {{ apportion.aws_caller('identity_arn') }} as caller,
        {{ apportion.call_labels('request_metadata') }} as labels,
        input_token_count,
        cache_read_input_token_count,
        cache_write_input_token_count,
        output_token_count
    from records
    where place = 1

),

summed as (

    select
        {{ keys | join(',\n        ') }},
        {%- for name, quantity in classes[:-1] %}
        sum(coalesce({{ quantity }}, 0)) as {{ quantity }},
        {%- endfor %}
        count(*) as calls
    from described
    group by
        {{ keys | join(',\n        ') }}

),

{#  An ARN names the model after its last slash, an application inference profile names itself. #}
named as (

    select
        summed.*,
        case when model_id like 'arn:%' then {{ dbt.split_part('model_id', "'/'", 2) }} else model_id end as model_name,
        model_id like '%:application-inference-profile/%' as is_own_profile
    from summed

),

{#  The model behind such a profile is on the bill, unless it was pointed at another one. #}
profiles as (

    select
        resource_id,
        max(x_model) as model,
        case when min(x_region_scope) = max(x_region_scope) then max(x_region_scope) end as region_scope
    from {{ ref('int_bedrock__charges') }}
    where resource_id like '%:application-inference-profile/%' and x_model is not null
    group by resource_id
    having min(x_model) = max(x_model)

),

accounts as (

    select
        usage_account_id,
        max(payer_account_id) as payer_account_id,
        max(payer_account_name) as payer_account_name,
        max(usage_account_name) as usage_account_name
    from {{ ref('stg_bedrock__cur') }}
    group by usage_account_id

),

by_class as (
    {% for name, quantity in classes %}
    select
        charge_date,
        account_id,
        model_id,
        model_name,
        is_own_profile,
        tier,
        caller,
        labels,
        '{{ name }}' as token_class,
        cast({{ quantity }} as {{ apportion.money() }}) as quantity
    from named
    where {{ quantity }} <> 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

models as (

    select
        by_class.*,
        case
            when by_class.is_own_profile then coalesce(profiles.model, by_class.model_name)
            else {{ apportion.without_match('by_class.model_name', '^(us-gov|us|eu|apac|jp|au|ca|sa|me|af|in|global)[.]') }}
        end as model,
        case
            when by_class.is_own_profile then profiles.region_scope
            when by_class.model_name like 'global.%' then 'global'
            else 'regional'
        end as region_scope
    from by_class

    left join profiles
        on by_class.model_id = profiles.resource_id

),

final as (

    select
        models.charge_date,
        'bedrock' as x_source,
        'AWS' as service_provider_name,
        accounts.payer_account_id as billing_account_id,
        accounts.payer_account_name as billing_account_name,
        models.account_id as sub_account_id,
        accounts.usage_account_name as sub_account_name,
        'Amazon Bedrock' as service_name,
        'Usage' as charge_category,
        models.model as x_model,
        models.tier as x_service_tier,
        {{ nothing }} as x_context_tier,
        models.region_scope as x_region_scope,
        models.token_class as x_token_class,
        {{ nothing }} as x_api_key_id,
        {{ nothing }} as x_api_key_name,
        models.caller as x_principal,
        {{ nothing }} as x_gateway,
        {{ nothing }} as x_workload,
        models.labels as x_call_labels,
        'call' as x_attribution_level,
        cast(sum(models.quantity) as {{ apportion.money() }}) as quantity,
        cast(null as {{ apportion.money() }}) as estimated_cost

    from models

    left join accounts
        on models.account_id = accounts.usage_account_id

    group by
        models.charge_date,
        models.account_id,
        accounts.payer_account_id,
        accounts.payer_account_name,
        accounts.usage_account_name,
        models.model,
        models.tier,
        models.region_scope,
        models.token_class,
        models.caller,
        models.labels

)

select * from final
