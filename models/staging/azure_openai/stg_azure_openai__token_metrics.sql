with

raw_rows as (

    {{ apportion.raw_columns(source('raw_azure_openai', 'token_metrics'), [
        ['line_id', 'text'], ['charge_date', 'date'], ['resource_id', 'text'], ['deployment', 'text'],
        ['model_name', 'text'], ['model_version', 'text'], ['region', 'text'], ['metric', 'text'], ['total', 'bigint'],
    ]) }}

),

final as (

    select
        line_id,
        charge_date,
        lower(resource_id) as resource_id,
        {#  /subscriptions/<id>/resourcegroups/… #}
        {{ dbt.split_part('lower(resource_id)', "'/'", 3) }} as subscription_id,
        {{ dbt.concat(['lower(resource_id)', "'/deployments/'", 'lower(deployment)']) }} as deployment_id,
        deployment,
        model_name,
        model_version,
        region,
        metric,
        total

    from raw_rows

)

select * from final
