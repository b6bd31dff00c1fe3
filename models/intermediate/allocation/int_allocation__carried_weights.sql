{# The weights of the latest earlier day that leaves any, under the pool's own method. #}
with

found as (

    {{ apportion.target_weights(ref('int_allocation__carried_days')) }}

),

ranked as (

    select
        found.*,
        max(seen_from) over (partition by pool_rule, charge_date, partition_value) as latest
    from found

),

final as (

    select
        pool_rule,
        charge_date,
        partition_value,
        seen_from,
        method,
        target_type,
        target,
        feature,
        product,
        team,
        cost_center,
        quantity,
        weight
    from ranked
    where seen_from = latest

)

select * from final
