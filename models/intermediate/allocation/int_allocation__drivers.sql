{#
    Any metric can drive any pool: a driver is a model int_drivers__<name> with these columns and a name in
    vars.drivers. Days that are not final are left out; int_allocation__open_days tells which.
#}
with

drivers as (
    {% for name in var('drivers') %}
    select
        {{ apportion.normalised('driver') }} as driver,
        charge_date,
        target_type,
        target,
        {%- for column in apportion.partition_columns() %}
        {{ column }},
        {%- endfor %}
        quantity
    from {{ ref('int_drivers__' ~ name) }}
    where is_final
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select
        drivers.driver,
        drivers.charge_date,
        drivers.target_type,
        coalesce(known.spelling, drivers.target) as target,
        {%- for column in apportion.partition_columns() %}
        drivers.{{ column }},
        {%- endfor %}
        drivers.quantity

    from drivers

    left join {{ ref('int_ownership__known_owners') }} as known
        on {{ apportion.owner_tag('drivers.target_type') }} = known.tag
        and {{ apportion.normalised('drivers.target') }} = known.normalised

)

select * from final
