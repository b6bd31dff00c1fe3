{# What AWS thinks a pod or task has of its machine. The machine's own line is the bill: these amounts are shares of it. #}
with

final as (

    select
        line_id,
        charge_date,
        billing_period_start,
        payer_account_id,
        usage_account_id,
        usage_account_name,
        product_code,
        operation,
        usage_type,
        parent_resource_id,
        resource_id,
        tags,
        usage_start,
        usage_end,
        currency,
        unblended_cost,
        split_usage_ratio,
        coalesce(net_split_cost, split_cost) as split_cost,
        coalesce(net_unused_cost, unused_cost) as unused_cost
    from {{ ref('stg_aws__cur') }}
    where parent_resource_id is not null

)

select * from final
