{#
    Who weighs how much in a pool, as a select.
    days   relation: pool, pool_rule, charge_date, owned_from, partition_value, and the day that the weights are
           seen from (seen_from, seen_owned_from, window_from, window_until)
    Gives pool_rule, charge_date, partition_value, seen_from, method, target_type, target, who pays (feature, product,
    team, cost_center), quantity and weight, for the pool's method and its fallback, weights above zero.

    Quantities are those of the window, shares and lists those of the day it is seen from; who may get something is
    decided on the day of the charge: a target that is not valid then, or is excluded, weighs nothing. A sum below
    zero counts as zero.
#}
{% macro target_weights(days) %}
    {%- set windows = ['pool_rule', 'partition_value', 'window_from', 'window_until'] -%}
    {%- set measures = [
        ['usage', 'int_allocation__drivers', 'driver'], ['cost', 'int_allocation__direct_costs', 'scope'],
    ] -%}

    with

    asked as (

        select
            days.*,
            rules.method,
            rules.fallback_method,
            {{ apportion.normalised('rules.driver') }} as driver,
            rules.scope,
            coalesce(rules.per, '') as per,
            rules.excluded

        from {{ days }} as days

        inner join {{ ref('int_allocation__pool_rules') }} as rules
            on days.pool_rule = rules.pool_rule

    ),

    {#  Many days share one window, so quantities are summed per window, not per day. #}
    windows as (

        select distinct
            {{ windows | join(', ') }},
            method,
            fallback_method,
            driver,
            scope,
            per
        from asked

    ),

    {#  Once per scope or driver and what it is partitioned by, however many pools and windows ask for it. #}
    {% for method, relation, name in measures %}
    {{ method }}_by_day as (

        select
            wanted.{{ name }},
            wanted.per,
            {{ apportion.partition_value('wanted.per', 'measured') }} as partition_value,
            measured.charge_date,
            measured.target_type,
            measured.target,
            sum(measured.quantity) as quantity

        from (
            select distinct
                {{ name }},
                per
            from windows
            where method = '{{ method }}' or fallback_method = '{{ method }}'
        ) as wanted

        inner join {{ ref(relation) }} as measured
            on wanted.{{ name }} = measured.{{ name }}

        group by
            wanted.{{ name }},
            wanted.per,
            {{ apportion.partition_value('wanted.per', 'measured') }},
            measured.charge_date,
            measured.target_type,
            measured.target

    ),
    {% endfor %}
    quantities as (
        {% for method, relation, name in measures %}
        select
            {%- for column in windows %}
            windows.{{ column }},
            {%- endfor %}
            '{{ method }}' as method,
            measured.target_type,
            measured.target,
            cast(sum(measured.quantity) as {{ apportion.money() }}) as quantity

        from windows

        inner join {{ method }}_by_day as measured
            on windows.{{ name }} = measured.{{ name }}
            and windows.per = measured.per
            and windows.partition_value = measured.partition_value
            and measured.charge_date >= windows.window_from
            and measured.charge_date <= windows.window_until

        where windows.method = '{{ method }}' or windows.fallback_method = '{{ method }}'

        group by
            {%- for column in windows %}
            windows.{{ column }},
            {%- endfor %}
            measured.target_type,
            measured.target
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    listed as (

        select
            asked.pool_rule,
            asked.charge_date,
            asked.partition_value,
            asked.seen_from,
            shares.target_type,
            shares.target,
            shares.share_weight

        from asked

        inner join {{ ref('int_allocation__fixed_shares') }} as shares
            on asked.pool = shares.pool
            and (asked.seen_from >= shares.valid_from or shares.valid_from is null)
            and (asked.seen_from < shares.valid_to or shares.valid_to is null)

        where asked.method in ('fixed', 'even') or asked.fallback_method in ('fixed', 'even')

    ),

    with_a_list as (

        select distinct
            pool_rule,
            seen_from
        from listed

    ),

    candidates as (

        select
            asked.pool_rule,
            asked.charge_date,
            asked.partition_value,
            asked.seen_from,
            quantities.method,
            quantities.target_type,
            quantities.target,
            quantities.quantity,
            {{ apportion.weight_of('quantities.quantity') }} as weight

        from asked

        inner join quantities
            on {% for column in windows -%}
            {{ 'and ' if not loop.first }}asked.{{ column }} = quantities.{{ column }}
            {% endfor %}

        union all

        select
            pool_rule,
            charge_date,
            partition_value,
            seen_from,
            'fixed' as method,
            target_type,
            target,
            {{ apportion.money_of_units('share_weight') }} as quantity,
            share_weight as weight
        from listed
        where share_weight is not null

        union all

        select
            pool_rule,
            charge_date,
            partition_value,
            seen_from,
            'even' as method,
            target_type,
            target,
            cast(1 as {{ apportion.money() }}) as quantity,
            cast(1 as {{ apportion.wide_integer() }}) as weight
        from listed

        union all

        {#  With nobody listed, an even split goes to every feature that is valid. #}
        select
            asked.pool_rule,
            asked.charge_date,
            asked.partition_value,
            asked.seen_from,
            'even' as method,
            targets.target_type,
            targets.target,
            cast(1 as {{ apportion.money() }}) as quantity,
            cast(1 as {{ apportion.wide_integer() }}) as weight

        from asked

        inner join {{ ref('int_allocation__targets') }} as targets
            on targets.target_type = 'feature'
            and asked.seen_owned_from = targets.owned_from

        left join with_a_list
            on asked.pool_rule = with_a_list.pool_rule
            and asked.seen_from = with_a_list.seen_from

        where with_a_list.pool_rule is null and (asked.method = 'even' or asked.fallback_method = 'even')

        union all

        select
            pool_rule,
            charge_date,
            partition_value,
            seen_from,
            method,
            'decision' as target_type,
            method as target,
            cast(null as {{ apportion.money() }}) as quantity,
            cast(1 as {{ apportion.wide_integer() }}) as weight
        from asked
        where method = 'ignored_by_decision'

    )

    select
        asked.pool_rule,
        asked.charge_date,
        asked.partition_value,
        asked.seen_from,
        candidates.method,
        candidates.target_type,
        candidates.target,
        {%- for owner in ['feature', 'product', 'team', 'cost_center'] %}
        case when candidates.target_type = 'decision' then candidates.target else targets.{{ owner }} end as {{ owner }},
        {%- endfor %}
        candidates.quantity,
        candidates.weight

    from candidates

    inner join asked
        on candidates.pool_rule = asked.pool_rule
        and candidates.charge_date = asked.charge_date
        and candidates.partition_value = asked.partition_value
        and candidates.seen_from = asked.seen_from

    left join {{ ref('int_allocation__targets') }} as targets
        on candidates.target_type = targets.target_type
        and candidates.target = targets.target
        and asked.owned_from = targets.owned_from

    left join {{ ref('int_allocation__rules_by_day') }} as pools
        on candidates.target_type = 'pool'
        and candidates.target = pools.pool
        and asked.charge_date = pools.charge_date

    left join {{ ref('int_allocation__exclusions') }} as exclusions
        on asked.excluded = exclusions.excluded
        and candidates.target_type = exclusions.target_type
        and candidates.target = exclusions.target

    where candidates.weight > 0
        and candidates.method in (asked.method, asked.fallback_method)
        and (targets.target is not null or pools.pool is not null or candidates.target_type = 'decision')
        and exclusions.target is null
{% endmacro %}
