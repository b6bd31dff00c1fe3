with

final as (
    {% for provider in var('providers') %}
    select
        provider,
        charge_date,
        usage_read_at
    from {{ ref('stg_' ~ provider ~ '__changed_days') }}
    where usage_read_at is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
