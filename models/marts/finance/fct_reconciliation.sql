{# The same money at three places: as the source has it now, in the fact, and after allocation. #}
{{ config(materialized='view') }}
{% set keys = ['provider_name', 'billing_period_start', 'billing_currency'] %}

with

sources as (

    {{ apportion.billed_lines([
        'service_provider_name', 'billing_period_start', 'billing_currency',
    ] + apportion.cost_columns()) }}

),

places as (

    {% for place, relation, provider, suffix in [
        ['source', 'sources', 'service_provider_name', ''],
        ['fact', ref('fct_charges'), 'service_provider_name', ''],
        ['allocated', ref('fct_allocated_costs'), 'provider_name', '_native'],
    ] %}
    select
        '{{ place }}' as place,
        {{ provider }} as provider_name,
        cast(billing_period_start as date) as billing_period_start,
        billing_currency,
        {%- for cost in apportion.cost_columns() %}
        {{ cost }}{{ suffix }} as {{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

summed as (

    select
        {{ keys | join(',\n        ') }},
        {%- for cost in apportion.cost_columns() %}
        {%- for place in ['source', 'fact', 'allocated'] %}
        cast(sum(case when place = '{{ place }}' then {{ cost }} else 0 end) as {{ apportion.money() }})
            as {{ place }}_{{ cost }}{{ ',' if not (loop.last and cost == 'list_cost') }}
        {%- endfor %}
        {%- endfor %}

    from places

    group by {{ keys | join(', ') }}

),

final as (

    select
        {{ keys | join(',\n        ') }},
        {% for cost in apportion.cost_columns() -%}
        source_{{ cost }} = fact_{{ cost }} and fact_{{ cost }} = allocated_{{ cost }}
            {{- ' and ' if not loop.last }}
        {% endfor -%}
        as is_equal,
        {%- for cost in apportion.cost_columns() %}
        {%- for place in ['source', 'fact', 'allocated'] %}
        coalesce({{ place }}_{{ cost }}, 0) as {{ place }}_{{ cost }}{{ ',' if not (loop.last and cost == 'list_cost') }}
        {%- endfor %}
        {%- endfor %}

    from summed

)

select * from final
