{#
    A bill whose lines can be split changes with every telemetry of its day, whoever reports it; any other with its own
    loads only. A bill can be split where a line says what it counts.
#}
with

own_days as (

    select * from {{ ref('int_charges__changed_days') }}

),

any_source as (

    select
        charge_date,
        max(changed_at) as changed_at
    from own_days
    group by charge_date

),

splittable as (

    select distinct x_source
    from {{ ref('fct_charges') }}
    where x_token_class is not null

),

final as (

    select
        own_days.provider,
        own_days.charge_date,
        case when splittable.x_source is null then own_days.changed_at else any_source.changed_at end as changed_at,
        splittable.x_source is not null as is_splittable

    from own_days

    inner join any_source
        on own_days.charge_date = any_source.charge_date

    left join splittable
        on own_days.provider = splittable.x_source

)

select * from final
