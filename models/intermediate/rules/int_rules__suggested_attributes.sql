{#
    Of a tuple's attributes the one is taken whose value catches most of what the tag misses and touches least of what
    is well: the difference of the two sums of money is greatest. Equal ones go by the order of the seed's columns.
#}
{{ config(materialized='table') }}
{% set cells = apportion.suggestible_cells() %}
{% set cost = 'absolute_effective_cost_90_days' %}

with

costs as (

    select * from {{ ref('int_rules__tuple_costs') }}
    where {{ cost }} > 0

),

{#  Tax, credits and prepayments are matched only by rules that ask for their category; asks is that category. #}
attributes as (

    select
        dim_charge_attributes.*,
        case
            when charge_kind in ('ordinary', 'usage') then ''
            else coalesce({{ apportion.trimmed('charge_category') }}, '')
        end as asks
    from {{ ref('dim_charge_attributes') }} as dim_charge_attributes

),

missed as (

    select
        unmatched.tag,
        unmatched.tag_key,
        attributes.asks,
        cast(sum(costs.{{ cost }}) as {{ apportion.money() }}) as cost

    from {{ ref('int_rules__unmatched') }} as unmatched

    inner join attributes
        on unmatched.tag_key = attributes.tag_key

    inner join costs
        on unmatched.tag_key = costs.tag_key
        and unmatched.valid_from = costs.valid_from

    group by
        unmatched.tag,
        unmatched.tag_key,
        attributes.asks

),

by_size as (

    select
        missed.*,
        row_number() over (partition by tag order by cost desc, tag_key asc) as size_rank
    from missed

),

largest as (

    select * from by_size
    where size_rank <= 10

),

{#  The values of every tuple, each compared as a cell compares it: by id and by name. #}
places as (
    {% for cell in cells %}
    {%- set outer = loop %}
    {%- for column in cell['columns'] %}
    select
        {{ cell['place'] }} as place,
        {{ loop.index }} as spelling
    {{ 'union all' if not (loop.last and outer.last) }}
    {%- endfor %}
    {%- endfor %}

),

spelled as (

    select
        attributes.tag_key,
        places.place,
        places.spelling,
        case
            {%- for cell in cells %}
            {%- for column in cell['columns'] %}
            when places.place = {{ cell['place'] }} and places.spelling = {{ loop.index }}
                then attributes.{{ column }}
            {%- endfor %}
            {%- endfor %}
        end as text,
        case
            {%- for cell in cells %}
            {%- for column in cell['columns'] %}
            when places.place = {{ cell['place'] }} and places.spelling = {{ loop.index }}
                then attributes.normalised_{{ column }}
            {%- endfor %}
            {%- endfor %}
        end as normalised

    from attributes

    cross join places

),

held as (

    select distinct
        tag_key,
        place,
        normalised
    from spelled
    where normalised is not null

),

candidates as (

    select
        largest.tag,
        largest.tag_key,
        largest.asks,
        largest.size_rank,
        spelled.place,
        spelled.normalised,
        {{ apportion.trimmed('spelled.text') }} as text,
        row_number() over (
            partition by largest.tag, largest.tag_key, spelled.place order by spelled.spelling
        ) as first_filled

    from largest

    inner join spelled
        on largest.tag_key = spelled.tag_key

    where spelled.normalised is not null

),

wanted as (

    select distinct
        tag,
        asks,
        place,
        normalised
    from candidates
    where first_filled = 1

),

tuple_totals as (

    select
        costs.tag_key,
        attributes.asks,
        cast(sum(costs.{{ cost }}) as {{ apportion.money() }}) as cost

    from costs

    inner join attributes
        on costs.tag_key = attributes.tag_key

    group by
        costs.tag_key,
        attributes.asks

),

{#  2 x missed - all: what a rule would catch, less what it would find owned. #}
scores as (

    select
        wanted.tag,
        wanted.asks,
        wanted.place,
        wanted.normalised,
        count(missed.tag_key) as caught_tuples,
        coalesce(sum(missed.cost), 0) + coalesce(sum(missed.cost), 0) - sum(totals.cost) as score

    from wanted

    inner join held
        on wanted.place = held.place
        and wanted.normalised = held.normalised

    inner join tuple_totals as totals
        on held.tag_key = totals.tag_key
        and wanted.asks = totals.asks

    left join missed
        on wanted.tag = missed.tag
        and held.tag_key = missed.tag_key

    group by
        wanted.tag,
        wanted.asks,
        wanted.place,
        wanted.normalised

),

owners as (

    select
        wanted.tag,
        wanted.place,
        wanted.normalised,
        tags.value as owner,
        row_number() over (
            partition by wanted.tag, wanted.place, wanted.normalised
            order by sum(costs.{{ cost }}) desc, tags.value asc
        ) as largest_first

    from (select distinct tag, place, normalised from wanted) as wanted

    inner join held
        on wanted.place = held.place
        and wanted.normalised = held.normalised

    inner join {{ ref('dim_virtual_tags') }} as tags
        on wanted.tag = tags.tag
        and held.tag_key = tags.tag_key

    inner join costs
        on tags.tag_key = costs.tag_key
        and tags.valid_from = costs.valid_from

    {#  Braces in a name would be read as a template. #}
    where tags.value not in ('Unallocated', 'Prepaid') and tags.value not like {{ apportion.text_literal('%{' ~ '%') }}

    group by
        wanted.tag,
        wanted.place,
        wanted.normalised,
        tags.value

),

best_first as (

    select
        candidates.*,
        scores.caught_tuples,
        row_number() over (
            partition by candidates.tag, candidates.tag_key
            order by scores.score desc, candidates.place asc
        ) as best_first

    from candidates

    inner join scores
        on candidates.tag = scores.tag
        and candidates.asks = scores.asks
        and candidates.place = scores.place
        and candidates.normalised = scores.normalised

    where candidates.first_filled = 1

),

final as (

    select
        largest.tag,
        largest.tag_key,
        largest.size_rank,
        largest.asks,
        best.place,
        best.normalised,
        best.text,
        best.caught_tuples,
        owners.owner

    from largest

    left join best_first as best
        on largest.tag = best.tag
        and largest.tag_key = best.tag_key
        and best.best_first = 1

    left join owners
        on best.tag = owners.tag
        and best.place = owners.place
        and best.normalised = owners.normalised
        and owners.largest_first = 1

)

select * from final
