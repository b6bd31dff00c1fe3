{{ config(partition_by=apportion.partition_of('charge_date')) }}
{% set dimensions = apportion.cost_dimensions() | reject('equalto', 'billing_currency') | list %}

with

direct as (

    select
        {{ apportion.cost_dimensions() | join(',\n        ') }},
        cast(null as {{ dbt.type_string() }}) as pool,
        'direct' as allocation_method,
        cast(null as {{ dbt.type_string() }}) as allocation_path,
        cast(1 as {{ apportion.money() }}) as allocation_share,
        cast(null as {{ dbt.type_string() }}) as driver,
        cast(null as {{ apportion.money() }}) as driver_quantity,
        cast(null as {{ apportion.money() }}) as driver_total,
        false as is_provisional,
        rule_id,
        {{ apportion.owner_columns() | join(',\n        ') }},
        {{ apportion.amount_columns() | join(',\n        ') }}

    from {{ ref('int_costs__owned') }}
    where ownership = 'direct'

),

allocated as (
    {% for relation in ['direct', ref('int_allocation__pool_parts'), ref('int_allocation__follow_parts')] %}
    select
        {{ dimensions | join(',\n        ') }},
        pool,
        allocation_method,
        allocation_path,
        allocation_share,
        driver,
        driver_quantity,
        driver_total,
        is_provisional,
        rule_id,
        environment,
        feature,
        product,
        team,
        cost_center,
        customer,
        '{{ var("reporting_currency") }}' as reporting_currency,
        {{ apportion.cost_columns() | join(',\n        ') }},
        billing_currency,
        {{ apportion.amount_columns()[4:] | join(',\n        ') }}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select * from allocated

)

select * from final
