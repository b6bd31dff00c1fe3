{#
    A usage row speaks for its feature, else its team, else its product; without any of them for nobody. A day that
    some provider has not reported in full is not final: it has a row without a target too, in case nobody did. A call
    that several sources saw weighs once.
#}
{% set drivers = [
    ['ai_tokens', 'counted_quantity', "token_class like 'input%' or token_class like 'output%' or token_class like 'cache%'"],
    ['ai_requests', 'counted_quantity', "token_class = 'requests'"],
    ['ai_rated_cost', 'counted_rated_cost', "price_status = 'priced'"],
] %}
with

usage_rows as (

    select
        fct.*,
        {{ apportion.owner_type('fct') }} as target_type,
        {{ apportion.owner_name('fct') }} as target
    from {{ ref('fct_ai_usage') }} as fct

),

measured as (
    {% for driver, measure, condition in drivers %}
    select
        '{{ driver }}' as driver,
        charge_date,
        target_type,
        target,
        {%- for column in apportion.partition_columns() %}
        {{ column }},
        {%- endfor %}
        {{ measure }} as quantity
    from usage_rows
    where target is not null and ({{ condition }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

open_days as (

    select charge_date from {{ ref('int_usage__open_days') }}

),

summed as (

    select
        driver,
        charge_date,
        target_type,
        target,
        {%- for column in apportion.partition_columns() %}
        {{ column }},
        {%- endfor %}
        cast(sum(quantity) as {{ apportion.money() }}) as quantity
    from measured
    group by
        driver,
        charge_date,
        target_type,
        target
        {%- for column in apportion.partition_columns() %},
        {{ column }}
        {%- endfor %}

),

final as (

    select
        summed.*,
        open_days.charge_date is null as is_final
    from summed
    left join open_days
        on summed.charge_date = open_days.charge_date
    {% for driver, measure, condition in drivers %}
    union all
    select
        '{{ driver }}' as driver,
        charge_date,
        cast(null as {{ dbt.type_string() }}) as target_type,
        cast(null as {{ dbt.type_string() }}) as target,
        {%- for column in apportion.partition_columns() %}
        cast(null as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        cast(0 as {{ apportion.money() }}) as quantity,
        false as is_final
    from open_days
    {%- endfor %}

)

select * from final
