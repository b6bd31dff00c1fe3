{#
    The line to paste. Its priority is behind all others, so that it takes nothing away; its owner is who has most of
    the other money with that value, or left open as <tag>?, which make check-seeds refuses. Tuples that the same line
    would catch have it once, beside the largest; a tuple of which nothing is known has none.
#}
{% set cells = apportion.suggestible_cells() %}
{% set columns = apportion.rule_columns() %}
{% set adjusting = columns.index('charge_category') %}

with

best as (

    select * from {{ ref('int_rules__suggested_attributes') }}

),

priorities as (

    select coalesce(max(priority), 0) + 10 as behind_all from {{ ref('int_ownership__rules') }}

),

chosen as (

    select
        best.tag,
        best.tag_key,
        best.size_rank,
        best.place,
        best.caught_tuples,
        case best.place
            {%- for cell in cells %}
            when {{ cell['place'] }} then '{{ cell['cell'] }}'
            {%- endfor %}
        end as attribute,
        cast(priorities.behind_all as {{ dbt.type_string() }}) as priority,
        coalesce(best.owner, best.tag || '?') as value,
        case best.place
            {%- for cell in cells if cell['key'] %}
            when {{ cell['place'] }} then {{ apportion.text_literal(cell['key'] ~ '=') }}
            {%- endfor %}
            else ''
        end || {{ apportion.exact_cell('best.text') }} as cell,
        {{ apportion.exact_cell('best.asks') }} as category_cell,
        row_number() over (
            partition by best.tag, best.asks, best.place, best.normalised
            order by best.size_rank
        ) as largest_first

    from best

    cross join priorities

),

{#  Named for what it does, so that the same suggestion has the same name tomorrow. #}
named as (

    select
        chosen.*,
        'suggested-' || tag || '-' || attribute || '-'
        || substr({{ dbt.hash("lower(cell) || ' ' || lower(category_cell)") }}, 1, 12) as rule_id
    from chosen

),

written as (

    select
        named.*,
        rule_id || ',' || tag || ',' || priority || ',' || {{ apportion.csv_cell('value') }} || ','
            as first_cells,
        case place
            {%- for cell in cells %}
            {%- set place = columns.index(cell['cell']) %}
            {%- if place < adjusting %}
            when {{ cell['place'] }}
                then '{{ ',' * (place - 4) }}' || {{ apportion.csv_cell('cell') }}
                    || '{{ ',' * (adjusting - place) }}' || {{ apportion.csv_cell('category_cell') }}
                    || '{{ ',' * (columns | length - adjusting - 1) }}'
            {%- else %}
            when {{ cell['place'] }}
                then '{{ ',' * (adjusting - 4) }}' || {{ apportion.csv_cell('category_cell') }}
                    || '{{ ',' * (place - adjusting) }}' || {{ apportion.csv_cell('cell') }}
                    || '{{ ',' * (columns | length - place - 1) }}'
            {%- endif %}
            {%- endfor %}
        end as other_cells

    from named

),

final as (

    select
        tag,
        tag_key,
        size_rank,
        rule_id,
        case when rule_id is not null then value end as value,
        caught_tuples,
        case when largest_first = 1 then first_cells || other_cells end as suggested_rule
    from written

)

select * from final
