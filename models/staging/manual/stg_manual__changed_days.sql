{#
    A seed has no load that could say which days it covers: a day has changed when a charge of it is another than the
    build before saw. int_manual__charge_versions remembers that, which is why staging reads an intermediate model here.
#}
with

final as (

    select
        'manual' as provider,
        charge_date,
        max(changed_at) as changed_at,
        cast(null as {{ dbt.type_timestamp() }}) as usage_read_at
    from {{ ref('int_manual__charge_versions') }}
    group by charge_date

)

select * from final
