{#
    What was seen of the calls, and how much of it counts: a call that several sources saw counts once.

    Of one provider key, what source n saw beyond the best of those ranked before it counts. Sources are compared key by
    key where all of them know it, else project by project, else all together; in the finest token classes that all of them
    tell apart. A gateway's day that was not read in full is not heard: it neither counts nor takes from others.
#}
{% set compared = ['charge_date', 'calls_number', 'compared_class', 'compared_sub_account', 'compared_key'] %}

with

daily as (

    select
        charge_date,
        telemetry_key,
        cast(sum(quantity) as {{ apportion.money() }}) as quantity,
        count(*) as usage_rows
    from {{ ref('int_usage__daily') }}
    group by
        charge_date,
        telemetry_key

),

keys as (

    select * from {{ ref('int_attribution__telemetry_keys') }}

),

days_read as (

    select
        provider,
        charge_date
    from {{ ref('int_usage__days_read') }}
    where usage_read_at >= cast({{ apportion.days_after('charge_date', 1) }} as {{ dbt.type_timestamp() }})

),

numbered as (

    select
        daily.charge_date,
        daily.telemetry_key,
        keys.telemetry_number,
        keys.calls_number,
        keys.sub_account_number,
        keys.key_number,
        keys.source_rank,
        keys.knows_sub_account,
        keys.knows_key,
        keys.token_class,
        days_read.provider is not null as is_final,
        days_read.provider is not null or keys.is_own as is_heard,
        daily.quantity,
        daily.usage_rows

    from daily

    inner join keys
        on daily.telemetry_key = keys.telemetry_key
        and daily.charge_date >= keys.valid_from
        and (daily.charge_date < keys.valid_to or keys.valid_to is null)

    left join days_read
        on keys.x_source = days_read.provider
        and daily.charge_date = days_read.charge_date

),

{#  Calls of a day that some source counts in coarser classes. #}
{% for coarse in apportion.coarse_classes() %}
with_{{ coarse }} as (

    select distinct
        charge_date,
        calls_number
    from numbered
    where token_class = '{{ coarse }}'

),
{% endfor %}
classed as (

    select
        numbered.*,
        case
            {%- for coarse, fine in (apportion.coarse_classes().items() | list | reverse) %}
            when with_{{ coarse }}.calls_number is not null
                and numbered.token_class in ('{{ ([coarse] + fine) | join("', '") }}') then '{{ coarse }}'
            {%- endfor %}
            else numbered.token_class
        end as compared_class

    from numbered
    {% for coarse in apportion.coarse_classes() %}
    left join with_{{ coarse }}
        on numbered.charge_date = with_{{ coarse }}.charge_date
        and numbered.calls_number = with_{{ coarse }}.calls_number
    {% endfor %}
),

without_sub_account as (

    select distinct
        charge_date,
        calls_number,
        compared_class
    from classed
    where not knows_sub_account

),

placed as (

    select
        classed.*,
        case when unknown.calls_number is null then classed.sub_account_number else 0 end as compared_sub_account

    from classed

    left join without_sub_account as unknown
        on classed.charge_date = unknown.charge_date
        and classed.calls_number = unknown.calls_number
        and classed.compared_class = unknown.compared_class

),

without_key as (

    select distinct
        charge_date,
        calls_number,
        compared_class,
        compared_sub_account
    from placed
    where not knows_key

),

keyed as (

    select
        placed.*,
        case when unknown.calls_number is null then placed.key_number else 0 end as compared_key

    from placed

    left join without_key as unknown
        on placed.charge_date = unknown.charge_date
        and placed.calls_number = unknown.calls_number
        and placed.compared_class = unknown.compared_class
        and placed.compared_sub_account = unknown.compared_sub_account

),

by_source as (

    select
        {{ compared | join(',
        ') }},
        source_rank,
        count(*) as telemetry_keys,
        cast(sum(case when is_heard then quantity else 0 end) as {{ apportion.money() }}) as quantity
    from keyed
    group by
        {{ compared | join(',
        ') }},
        source_rank

),

{#  Only calls that more than one source saw need more than that. #}
seen_twice as (

    select
        {{ compared | join(',
        ') }}
    from by_source
    group by
        {{ compared | join(',
        ') }}
    having count(*) > 1

),

ranked as (

    select
        by_source.*,
        coalesce(max(by_source.quantity) over (
            partition by {% for column in compared %}by_source.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
            order by by_source.source_rank
            rows between unbounded preceding and 1 preceding
        ), 0) as seen_before

    from by_source

    inner join seen_twice
        on {% for column in compared -%}
        {{ 'and ' if not loop.first }}by_source.{{ column }} = seen_twice.{{ column }}
        {% endfor %}

),

shared as (

    select
        ranked.*,
        {#  One key alone is subtracted from; several are cut in proportion, for which the share is told here. #}
        case
            when seen_before <= 0 then cast(1 as {{ apportion.money() }})
            when quantity <= seen_before then cast(0 as {{ apportion.money() }})
            when telemetry_keys > 1 then {{ apportion.ratio('(quantity - seen_before)', 'quantity') }}
        end as counted_share
    from ranked

),

final as (

    select
        keyed.charge_date,
        keyed.telemetry_key,
        keyed.telemetry_number,
        keyed.source_rank,
        keyed.is_final,
        keyed.usage_rows,
        keyed.quantity,
        cast(case
            when not keyed.is_heard then cast(0 as {{ apportion.money() }})
            when shared.source_rank is null or shared.counted_share = 1 then keyed.quantity
            when shared.counted_share = 0 then cast(0 as {{ apportion.money() }})
            when shared.telemetry_keys = 1 then keyed.quantity - shared.seen_before
            else {{ apportion.product_of('keyed.quantity', 'shared.counted_share') }}
        end as {{ apportion.money() }}) as counted_quantity

    from keyed

    left join shared
        on {% for column in compared -%}
        {{ 'and ' if not loop.first }}keyed.{{ column }} = shared.{{ column }}
        {% endfor %}
        and keyed.source_rank = shared.source_rank

)

select * from final
