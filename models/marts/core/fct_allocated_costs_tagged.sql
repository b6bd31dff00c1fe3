{#
    A view: its columns follow vars.virtual_tags, which no contract could. Tags are turned to columns first, one row
    per tuple and stretch of days, so that the join finds at most one.
#}
{{ config(materialized='view') }}
{% set listed = apportion.listed_tags() %}

with

costs as (

    select * from {{ ref('fct_allocated_costs') }}

),
{% if listed %}
days as (

    select charge_date, owned_from from {{ ref('int_ownership__days') }}

),

tags as (

    select
        tag_key,
        valid_from
        {%- for tag in listed %},
        max(case when tag = {{ apportion.text_literal(tag['tag']) }} then value end) as {{ tag['column'] }}
        {%- endfor %}
    from {{ ref('dim_virtual_tags') }}
    group by tag_key, valid_from

),
{% endif %}
final as (

    select
        costs.*
        {%- for tag in listed %},
        coalesce(tags.{{ tag['column'] }}, 'Unallocated') as {{ tag['column'] }}
        {%- endfor %}

    from costs
    {% if listed %}
    left join days
        on costs.charge_date = days.charge_date

    left join tags
        on costs.tag_key = tags.tag_key
        and days.owned_from = tags.valid_from
    {% endif %}
)

select * from final
