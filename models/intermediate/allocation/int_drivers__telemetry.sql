{#
    What files of telemetry measure in words of their own, as drivers: gpu_seconds is the driver telemetry_gpu_seconds. A row
    speaks for its feature, else its team, else its product. A day is final when the files were read after it was over;
    other sources that lag hold back nothing here.
#}
with

usage_rows as (

    select
        fct.*,
        {{ apportion.owner_type('fct') }} as target_type,
        {{ apportion.owner_name('fct') }} as target
    from {{ ref('fct_ai_usage') }} as fct
    where fct.source = 'telemetry'

),

days_read as (

    select charge_date from {{ ref('int_usage__days_read') }}
    where provider = 'telemetry'
        and usage_read_at >= cast({{ apportion.days_after('charge_date', 1) }} as {{ dbt.type_timestamp() }})

),

summed as (

    select
        {{ dbt.concat(["'telemetry_'", apportion.normalised('token_class')]) }} as driver,
        charge_date,
        target_type,
        target,
        {%- for column in apportion.partition_columns() %}
        {{ column }},
        {%- endfor %}
        cast(sum(counted_quantity) as {{ apportion.money() }}) as quantity
    from usage_rows
    where target is not null
    group by
        {{ dbt.concat(["'telemetry_'", apportion.normalised('token_class')]) }},
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
        days_read.charge_date is not null as is_final
    from summed
    left join days_read
        on summed.charge_date = days_read.charge_date

)

select * from final
