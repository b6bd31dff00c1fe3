{# A day is open while a source of the driver has not reported all of it: a weight from half a day would mislead. #}
with

final as (

    select distinct
        driver,
        charge_date
    from (
        {% for name in var('drivers') %}
        select
            {{ apportion.normalised('driver') }} as driver,
            charge_date
        from {{ ref('int_drivers__' ~ name) }}
        where not is_final
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as drivers

)

select * from final
