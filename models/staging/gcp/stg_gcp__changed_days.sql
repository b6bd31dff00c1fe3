{#
    What source `vertex` has loaded is left out here, so a load of it changes these days too: else its lines would stand in the
    fact twice until this export is read again.
#}
{% if 'vertex' in var('providers') %}
with

own_days as (

    {{ apportion.changed_days('gcp') }}

),

vertex_days as (

    {{ apportion.changed_days('vertex') }}

),

final as (

    select
        own_days.provider,
        own_days.charge_date,
        greatest(own_days.changed_at, coalesce(vertex_days.changed_at, own_days.changed_at)) as changed_at,
        own_days.usage_read_at

    from own_days

    left join vertex_days
        on own_days.charge_date = vertex_days.charge_date

)

select * from final
{% else %}
{{ apportion.changed_days('gcp') }}
{% endif %}
