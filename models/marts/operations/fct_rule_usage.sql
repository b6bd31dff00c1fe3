{#
    What each rule does, what no rule does, and what rules name that nobody knows: three questions with one set of
    measures, told apart by finding. The days are those of the bills, not of the clock.
#}
{% set measures = ['effective_cost_30_days', 'absolute_effective_cost_30_days', 'effective_cost_90_days',
    'absolute_effective_cost_90_days', 'effective_cost', 'absolute_effective_cost'] %}
{% set string = dbt.type_string() %}

with

loaded as (

    select coalesce(newest_day, {{ apportion.today() }}) as newest_day from {{ ref('int_costs__loaded_until') }}

),

costs as (

    select * from {{ ref('int_rules__tuple_costs') }}

),

rules as (

    select
        {{ apportion.trimmed('rule_id') }} as rule_id,
        {{ apportion.trimmed('tag') }} as tag,
        cast(priority as {{ dbt.type_int() }}) as priority,
        {{ apportion.trimmed('value') }} as value,
        valid_from,
        valid_to
    from {{ ref('virtual_tag_rules') }}

),

won as (

    select
        decisions.rule_id,
        count(distinct decisions.tag_key) as tuples,
        {%- for measure in measures %}
        cast(sum(costs.{{ measure }}) as {{ apportion.money() }}) as {{ measure }},
        {%- endfor %}
        max(costs.last_day) as last_day

    from {{ ref('int_rules__decisions') }} as decisions

    inner join costs
        on decisions.tag_key = costs.tag_key
        and decisions.valid_from = costs.valid_from

    group by decisions.rule_id

),

beaten_by as (

    select
        beaten.rule_id,
        beaten.winning_rule_id,
        row_number() over (
            partition by beaten.rule_id
            order by sum(costs.absolute_effective_cost) desc, beaten.winning_rule_id asc
        ) as largest_first

    from {{ ref('int_rules__beaten') }} as beaten

    inner join costs
        on beaten.tag_key = costs.tag_key
        and beaten.valid_from = costs.valid_from

    group by
        beaten.rule_id,
        beaten.winning_rule_id

),

rule_rows as (

    select
        'rule' as finding,
        rules.tag,
        rules.rule_id,
        rules.value,
        cast(null as {{ string }}) as tag_key,
        rules.priority,
        rules.valid_from,
        rules.valid_to,
        case
            when rules.valid_from > loaded.newest_day then 'not_yet_valid'
            when rules.valid_to <= loaded.newest_day then 'expired'
            when won.rule_id is null and beaten_by.rule_id is not null then 'shadowed'
            when won.rule_id is null then 'dead'
            when rules.valid_to <= {{ apportion.days_after('loaded.newest_day', 30) }} then 'expiring'
            else 'live'
        end as status,
        case when won.rule_id is null then beaten_by.winning_rule_id end as shadowed_by,
        coalesce(won.tuples, 0) as tuples,
        {%- for measure in measures %}
        cast(coalesce(won.{{ measure }}, 0) as {{ apportion.money() }}) as {{ measure }},
        {%- endfor %}
        won.last_day,
        cast(null as {{ string }}) as suggested_rule_id,
        cast(null as {{ string }}) as suggested_rule

    from rules

    cross join loaded

    left join won
        on rules.rule_id = won.rule_id

    left join beaten_by
        on rules.rule_id = beaten_by.rule_id
        and beaten_by.largest_first = 1

),

unmatched_costs as (

    select
        unmatched.tag,
        costs.*

    from {{ ref('int_rules__unmatched') }} as unmatched

    inner join costs
        on unmatched.tag_key = costs.tag_key
        and unmatched.valid_from = costs.valid_from

),

unmatched_rows as (

    select
        'unmatched' as finding,
        tag,
        cast(null as {{ string }}) as rule_id,
        cast(null as {{ string }}) as value,
        cast(null as {{ string }}) as tag_key,
        count(distinct tag_key) as tuples,
        {%- for measure in measures %}
        cast(sum({{ measure }}) as {{ apportion.money() }}) as {{ measure }},
        {%- endfor %}
        max(last_day) as last_day,
        cast(null as {{ string }}) as suggested_rule_id,
        cast(null as {{ string }}) as suggested_rule
    from unmatched_costs
    group by tag

),

unmatched_tuple_rows as (

    select
        'unmatched_tuple' as finding,
        unmatched.tag,
        cast(null as {{ string }}) as rule_id,
        cast(null as {{ string }}) as value,
        unmatched.tag_key,
        count(distinct unmatched.tag_key) as tuples,
        {%- for measure in measures %}
        cast(sum(unmatched.{{ measure }}) as {{ apportion.money() }}) as {{ measure }},
        {%- endfor %}
        max(unmatched.last_day) as last_day,
        suggestions.rule_id as suggested_rule_id,
        suggestions.suggested_rule

    from unmatched_costs as unmatched

    inner join {{ ref('int_rules__suggestions') }} as suggestions
        on unmatched.tag = suggestions.tag
        and unmatched.tag_key = suggestions.tag_key

    group by
        unmatched.tag,
        unmatched.tag_key,
        suggestions.rule_id,
        suggestions.suggested_rule

),

unknown_value_rows as (

    select
        'unknown_value' as finding,
        unknown_values.tag,
        unknown_values.rule_id,
        min(unknown_values.value) as value,
        cast(null as {{ string }}) as tag_key,
        count(distinct unknown_values.tag_key) as tuples,
        {%- for measure in measures %}
        cast(sum(costs.{{ measure }}) as {{ apportion.money() }}) as {{ measure }},
        {%- endfor %}
        max(costs.last_day) as last_day,
        cast(null as {{ string }}) as suggested_rule_id,
        cast(null as {{ string }}) as suggested_rule

    from {{ ref('int_rules__unknown_values') }} as unknown_values

    inner join costs
        on unknown_values.tag_key = costs.tag_key
        and unknown_values.valid_from = costs.valid_from

    group by
        unknown_values.tag,
        unknown_values.rule_id,
        {{ apportion.normalised('unknown_values.value') }}

),

findings as (

    select * from rule_rows
    {% for rows in ['unmatched_rows', 'unmatched_tuple_rows', 'unknown_value_rows'] %}
    union all

    select
        {{ rows }}.finding,
        {{ rows }}.tag,
        {{ rows }}.rule_id,
        {{ rows }}.value,
        {{ rows }}.tag_key,
        rules.priority,
        rules.valid_from,
        rules.valid_to,
        cast(null as {{ string }}) as status,
        cast(null as {{ string }}) as shadowed_by,
        {{ rows }}.tuples,
        {%- for measure in measures %}
        {{ rows }}.{{ measure }},
        {%- endfor %}
        {{ rows }}.last_day,
        {{ rows }}.suggested_rule_id,
        {{ rows }}.suggested_rule
    from {{ rows }}
    left join rules
        on {{ rows }}.rule_id = rules.rule_id
    {% endfor %}

),

final as (

    select
        finding,
        tag,
        rule_id,
        value,
        tag_key,
        priority,
        valid_from,
        valid_to,
        status,
        shadowed_by,
        tuples,
        '{{ var("reporting_currency") }}' as reporting_currency,
        {{ measures | join(',\n        ') }},
        last_day,
        suggested_rule_id,
        suggested_rule

    from findings

)

select * from final
