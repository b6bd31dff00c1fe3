{#
    What FOCUS 1.3 asks of split costs: a shared line gives way to its parts, whose costs and quantities add up to it;
    every other column repeats the line's. The part that nobody gets has a method and no resource. Who gets a part
    stands in AllocatedTags, under keys of ours (apportion/feature), since the line's own keys must not come again.
#}
{{ config(materialized='view') }}
{% set replaced = ['allocated_method_details', 'allocated_method_id', 'allocated_resource_id', 'allocated_resource_name',
    'allocated_tags'] %}
{% set divided = apportion.cost_columns() + ['pricing_currency_effective_cost', 'pricing_quantity', 'consumed_quantity',
    'commitment_discount_quantity'] %}
{% set tags = [] %}
{% for owner in apportion.owner_columns() | sort %}
    {% do tags.append(['apportion/' ~ owner, "case when parts." ~ owner ~ " <> 'Unallocated' then parts." ~ owner ~ " end"]) %}
{% endfor %}
{#  FOCUS writes units in words, the first one capitalised. #}
{% set unit = "replace(upper(substr(parts.driver_unit, 1, 1)) || substr(parts.driver_unit, 2), '_', ' ')" %}
{% set share = apportion.number_text('parts.allocation_share') %}
{% set quantity = apportion.number_text('parts.driver_quantity') %}

with

parts as (

    select
        parts.*,
        {{ apportion.owner_type('parts') }} as target_type,
        {{ apportion.owner_name('parts') }} as target
    from {{ ref('int_allocation__charge_parts') }} as parts

),

described as (

    select
        parts.*,
        case
            when parts.pool is null then parts.allocation_method
            else {{ dbt.concat(['parts.pool', "': '", 'parts.allocation_method']) }}
        end as allocated_method_id,
        {#  What nothing measured (a line that follows no usage) has no details. #}
        case
            when parts.driver_unit is not null
                then '{"Elements":[{"AllocatedRatio":' || {{ share }} || ','
                    || case when parts.driver_quantity is null then '' else '"UsageQuantity":' || {{ quantity }} || ',' end
                    || substr({{ apportion.json_object([['UsageUnit', unit]]) }}, 2) || ']}'
        end as allocated_method_details,
        case when parts.target is not null then {{ dbt.concat(['parts.target_type', "':'", 'parts.target']) }} end
            as allocated_resource_id,
        parts.target as allocated_resource_name,
        case when parts.target is not null then {{ apportion.json_object(tags) }} end as allocated_tags

    from parts

),

allocated as (

    select
        {%- for id, name, kind, introduced, removed in apportion.focus_columns_of('1.3') %}
        {%- if name in divided + replaced %}
        case when described.part is null then charges.{{ name }} else described.{{ name }} end as {{ name }}
        {%- else %}
        charges.{{ name }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}

    from {{ ref('fct_charges') }} as charges

    left join described
        on charges.x_charge_id = described.x_charge_id

),

final as (

    {{ apportion.focus_view('1.3', 'allocated') }}

)

select * from final
