{#
    A bill whose lines can be split changes with every telemetry of its day, whoever reports it; any other with its own
    loads only. A bill can be split where a line says what it counts.

    A bill of machines changes with what any source of node allocations says of the day. Where a cluster has no metrics on a day, its machines
    are known from other days, so such a day changes with every load of such a source.
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

{% if apportion.node_sources() %}
machine_bills as (

    select distinct x_source
    from {{ ref('fct_charges') }}
    where resource_id is not null
        and charge_category = 'Usage'

),

dark_days as (

    select distinct charge_date
    from {{ ref('int_attribution__cluster_gaps') }}

),

cluster_loads as (

    select
        charge_date,
        max(changed_at) as changed_at,
        max(max(changed_at)) over () as last_changed_at
    from own_days
    where provider in ('{{ apportion.node_sources() | join("', '") }}')
    group by charge_date

),

cluster_days as (

    select
        cluster_loads.charge_date,
        case when dark_days.charge_date is null then cluster_loads.changed_at else cluster_loads.last_changed_at end
            as changed_at
    from cluster_loads
    left join dark_days
        on cluster_loads.charge_date = dark_days.charge_date

),
{% endif %}
final as (

    select
        own_days.provider,
        own_days.charge_date,
        case
            when splittable.x_source is not null then any_source.changed_at
            {%- if apportion.node_sources() %}
            when machine_bills.x_source is not null and cluster_days.changed_at > own_days.changed_at
                then cluster_days.changed_at
            {%- endif %}
            else own_days.changed_at
        end as changed_at,
        splittable.x_source is not null as is_splittable,
        {% if apportion.node_sources() -%}
        machine_bills.x_source is not null
        and (select count(*) from cluster_loads) > 0 as is_machine_bill
        {%- else -%}
        false as is_machine_bill
        {%- endif %}

    from own_days

    inner join any_source
        on own_days.charge_date = any_source.charge_date

    left join splittable
        on own_days.provider = splittable.x_source

    {% if apportion.node_sources() -%}
    left join machine_bills
        on own_days.provider = machine_bills.x_source

    left join cluster_days
        on own_days.charge_date = cluster_days.charge_date

    {% endif -%}

)

select * from final
