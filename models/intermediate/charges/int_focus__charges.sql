{#
    FOCUS is our own language: nearly every word stays. Before 1.3 the provider stood in ProviderName, from
    1.4 on only in ServiceProviderName; each fills the other, so that both views of the fact are complete. 1.0-preview
    knows a region's name only.
#}
with

lines as (

    select * from {{ ref('stg_focus__cost_and_usage') }}

),

final as (

    select
        charge_date,
        'billed' as cost_basis,
        'focus' as x_source,
        charge_id as x_charge_id,
        {%- for id, name, kind, introduced, removed in apportion.focus_columns() %}
        {% if name == 'service_provider_name' -%}
            coalesce(service_provider_name, provider_name)
        {%- elif name == 'provider_name' -%}
            coalesce(provider_name, service_provider_name)
        {%- elif name == 'publisher_name' -%}
            coalesce(publisher_name, service_provider_name)
        {%- elif name == 'region_name' -%}
            coalesce(region_name, region_id)
        {%- else -%}
            {{ name }}
        {%- endif %} as {{ name }},
        {%- endfor %}
        {%- for name in apportion.call_columns() %}
        cast(null as {{ dbt.type_string() }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}

    from lines

)

select * from final
