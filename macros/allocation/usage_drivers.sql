{#
    Drivers that fct_ai_usage measures. A usage row speaks for its feature, else its team, else its product; without any of
    them for nobody. A day that some provider has not reported in full is not final: it has a row without a target too, in
    case nobody did.
    drivers   list of [name, measure, condition on rows of fct_ai_usage]
#}
{% macro usage_drivers(drivers) %}
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
{% endmacro %}
