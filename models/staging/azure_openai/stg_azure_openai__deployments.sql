{# What a deployment's kind says of the meters that bill it. #}
with

raw_rows as (

    {{ apportion.raw_columns(source('raw_azure_openai', 'deployments'), [
        ['id', 'text'], ['resource_id', 'text'], ['name', 'text'], ['sku_name', 'text'], ['sku_capacity', 'bigint'],
        ['model_name', 'text'], ['model_version', 'text'],
    ]) }}

),

final as (

    select
        lower(id) as deployment_id,
        lower(resource_id) as resource_id,
        name,
        sku_name,
        sku_capacity,
        model_name,
        model_version,
        case
            when lower(sku_name) like '%provisioned%' then 'provisioned'
            when lower(sku_name) like '%batch%' then 'batch'
            else 'standard'
        end as service_tier,
        case
            when lower(sku_name) like 'global%' then 'global'
            when lower(sku_name) like 'datazone%' then 'data_zone'
            when sku_name is not null then 'regional'
        end as region_scope

    from raw_rows

)

select * from final
