with

final as (
    {% for provider in var('providers') %}
    select
        provider,
        charge_date,
        changed_at
    from {{ ref('stg_' ~ provider ~ '__changed_days') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
