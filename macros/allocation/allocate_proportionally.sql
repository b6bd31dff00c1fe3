{#
    The split: divides amounts over targets in proportion to weights. Every amount that is divided anywhere
    in the project goes through here, so "adds up to the last digit" is said and tested once.

    Within a partition the targets are ordered by a stable key. Their cumulative shares are cut to 18 digits;
    each amount is cut at these shares, in units of its last place, and a target gets the difference of two
    neighbouring cuts. The parts telescope, so they sum to the amount exactly. A part is within one unit of
    amount x allocation_share, a share within 10^-18 of its ideal. Everything truncates toward zero, so
    credits and refunds split as their mirror image.

    amounts         relation or CTE: one row per amount to divide
    drivers         relation or CTE: one row per partition and target, weights above zero
    partition_by    columns that both have, never null
    weight          column of drivers: a wide_integer, summing to less than 10^28 in a partition
    order_by        columns of drivers that order the targets within a partition, uniquely
    amount_columns  columns of amounts to divide, money()
    keep            columns of amounts to keep
    targets         columns of drivers to keep

    Gives keep, targets, allocation_share (money(), 0 to 1) and the amount columns. An amount whose partition
    has no drivers stays whole, with null targets and share 1: visible, never lost.

    Everything that depends on the amount or on the share alone is computed before they meet: a part is then three
    products and two divisions of 64-bit integers. On DuckDB each division of wide integers would cost as much as all
    of that.
#}
{% macro allocate_proportionally(
    amounts, drivers, partition_by, weight, order_by, amount_columns, keep=[], targets=[]
) -%}

    select
        {%- for column in keep %}
        amounts.{{ column }},
        {%- endfor %}
        {%- for column in targets %}
        shares.{{ column }},
        {%- endfor %}
        coalesce(shares.split_share, cast(1 as {{ apportion.money() }})) as allocation_share,
        {%- for column in amount_columns %}
        case
            when shares.split_share < 1
                then {{ apportion.part_of_halves('amounts', 'split_' ~ loop.index, 'shares') }}
            else amounts.{{ column }}
        end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from (

        select
            wholes.*
            {%- for column in amount_columns %},
            {{ apportion.integer_div('split_' ~ loop.index ~ '_units', apportion.billion()) }} as split_{{ loop.index }}_high,
            mod(split_{{ loop.index }}_units, {{ apportion.billion() }}) as split_{{ loop.index }}_low
            {%- endfor %}

        from (

            select
                amounts.*
                {%- for column in amount_columns %},
                {{ apportion.whole_of('amounts.' ~ column) }} as split_{{ loop.index }}_whole,
                cast({{ apportion.fraction_units('amounts.' ~ column) }} as {{ dbt.type_bigint() }}) as split_{{ loop.index }}_units
                {%- endfor %}

            from {{ amounts }} as amounts

        ) as wholes

    ) as amounts

    left join (

        select
            {%- for column in partition_by + targets %}
            {{ column }},
            {%- endfor %}
            {{ apportion.money_of_units('share_until - share_from') }} as split_share,
            {{ apportion.less_than_one('(share_until - share_from)') }} as split_factor,
            {{ apportion.integer_div('share_from', apportion.billion()) }} as split_from_high,
            mod(share_from, {{ apportion.billion() }}) as split_from_low,
            {{ apportion.integer_div('share_until', apportion.billion()) }} as split_until_high,
            mod(share_until, {{ apportion.billion() }}) as split_until_low

        from (

            select
                {%- for column in partition_by + targets %}
                {{ column }},
                {%- endfor %}
                cast({{ apportion.share_of('running_weight - ' ~ weight, 'total_weight') }} as {{ dbt.type_bigint() }}) as share_from,
                cast({{ apportion.share_of('running_weight', 'total_weight') }} as {{ dbt.type_bigint() }}) as share_until

            from (

                {{ apportion.with_running_weights(drivers, partition_by, order_by, weight) }}

            ) as weighed

        ) as cumulated

    ) as shares
        on {% for column in partition_by -%}
        {{ 'and ' if not loop.first }}amounts.{{ column }} = shares.{{ column }}
        {% endfor %}

{%- endmacro %}


{#
    The part of an amount between two cumulative shares. Its whole units times the share are exact; its fraction is
    cut at both shares.
    amount   prefix of the columns _whole, _high and _low of a relation
#}
{% macro part_of_halves(amounts, amount, shares) -%}
    {%- set whole, high, low = amounts ~ '.' ~ amount ~ '_whole', amounts ~ '.' ~ amount ~ '_high', amounts ~ '.' ~ amount ~ '_low' -%}
    cast(
        {{ whole }} * {{ shares }}.split_factor
        + {{ apportion.fraction_of_units(
            '(' ~ apportion.fraction_at(high, low, shares ~ '.split_until_high', shares ~ '.split_until_low')
            ~ ' - ' ~ apportion.fraction_at(high, low, shares ~ '.split_from_high', shares ~ '.split_from_low') ~ ')'
        ) }}
    as {{ apportion.money() }})
{%- endmacro %}


{#
    A fraction x share, both in units of 10^-18 as halves of nine digits, cut toward zero. No product passes 64 bits:
    (high 10^9 + low)(High 10^9 + Low) = high High 10^18 + (high Low + low High) 10^9 + low Low.
#}
{% macro fraction_at(high, low, share_high, share_low) -%}
    ({{ high }} * {{ share_high }} + {{ apportion.integer_div(
        high ~ ' * ' ~ share_low ~ ' + ' ~ low ~ ' * ' ~ share_high
        ~ ' + ' ~ apportion.integer_div(low ~ ' * ' ~ share_low, apportion.billion()), apportion.billion()
    ) }})
{%- endmacro %}


{# 10^9 as a 64-bit integer: half of the digits of a share. #}
{% macro billion() -%}
    cast(1000000000 as {{ dbt.type_bigint() }})
{%- endmacro %}


{# The whole units of an amount, in a type whose product with less_than_one() has money()'s 38 digits, 18 decimals. #}
{% macro whole_of(amount) -%}
    {{ return(adapter.dispatch('whole_of', 'apportion')(amount)) }}
{%- endmacro %}

{% macro default__whole_of(amount) -%}
    cast(trunc({{ amount }}) as decimal(20, 0))
{%- endmacro %}

{% macro bigquery__whole_of(amount) -%}
    trunc({{ amount }})
{%- endmacro %}


{# Units of 10^-18 as a decimal without digits before its point; null for a full 1, which needs no product. #}
{% macro less_than_one(units) -%}
    case when {{ units }} < {{ apportion.one_in_units() }} then {{ apportion.fraction_of_units(units) }} end
{%- endmacro %}


{#
    A cumulative share in units of 10^-18, cut. weight x 10^18 would pass 38 digits; two steps of nine do not.
    weight, total   wide integers, 0 <= weight <= total < 10^28, total above 0
#}
{% macro share_of(weight, total) -%}
    {%- set nine = apportion.power_of_ten(9) -%}
    {%- set scaled = '(' ~ weight ~ ') * ' ~ nine -%}
    ({{ apportion.integer_div(scaled, total) }} * {{ nine }}
        + {{ apportion.integer_div('mod(' ~ scaled ~ ', ' ~ total ~ ') * ' ~ nine, total) }})
{%- endmacro %}


{# 10^18 as a wide integer: a share of 1, or one unit of money. #}
{% macro one_in_units() -%}
    {{ apportion.power_of_ten(18) }}
{%- endmacro %}


{# The integer part of an amount, as a wide integer. #}
{% macro whole_units(amount) -%}
    cast(trunc({{ amount }}) as {{ apportion.wide_integer() }})
{%- endmacro %}


{# The fraction of an amount in units of 10^-18, as a wide integer with the amount's sign. #}
{% macro fraction_units(amount) -%}
    cast(({{ amount }} - trunc({{ amount }})) * {{ apportion.fraction_scale() }} as {{ apportion.wide_integer() }})
{%- endmacro %}


{# 10^18 as a decimal that may multiply a fraction of money() without losing a digit. #}
{% macro fraction_scale() -%}
    {{ return(adapter.dispatch('fraction_scale', 'apportion')()) }}
{%- endmacro %}

{% macro default__fraction_scale() -%}
    cast(1000000000000000000 as decimal(19, 0))
{%- endmacro %}

{% macro bigquery__fraction_scale() -%}
    cast(1000000000000000000 as bignumeric)
{%- endmacro %}


{# Units of 10^-18 as money(): whole units and fraction apart, since 10^38 fits no decimal with decimals. #}
{% macro money_of_units(units) -%}
    cast(
        cast({{ apportion.integer_div(units, apportion.one_in_units()) }} as {{ apportion.money() }})
        + {{ apportion.fraction_of_units('mod(' ~ units ~ ', ' ~ apportion.one_in_units() ~ ')') }}
    as {{ apportion.money() }})
{%- endmacro %}


{# Less than 10^18 units of 10^-18 as a decimal. #}
{% macro fraction_of_units(units) -%}
    {{ return(adapter.dispatch('fraction_of_units', 'apportion')(units)) }}
{%- endmacro %}

{% macro default__fraction_of_units(units) -%}
    cast({{ units }} as decimal(18, 0)) * cast('0.000000000000000001' as decimal(18, 18))
{%- endmacro %}

{% macro bigquery__fraction_of_units(units) -%}
    {{ units }} * cast('0.000000000000000001' as bignumeric)
{%- endmacro %}


{#
    A relation with weights, and the share of each row within its partition as units of 10^-18 that sum to exactly
    10^18: the cut that allocate_proportionally() makes, where shares are to be weights of another split.
#}
{% macro shares_in_units(drivers, partition_by, order_by, weight='weight') -%}
    select
        weighed.*,
        {{ apportion.share_of('running_weight', 'total_weight') }}
        - {{ apportion.share_of('running_weight - ' ~ weight, 'total_weight') }} as share_units
    from (
        {{ apportion.with_running_weights(drivers, partition_by, order_by, weight) }}
    ) as weighed
{%- endmacro %}


{# A relation with weights, their total in each partition and their sum up to each row. #}
{% macro with_running_weights(drivers, partition_by, order_by, weight) -%}
    select
        *,
        cast(sum({{ weight }}) over (
            partition by {{ partition_by | join(', ') }}
        ) as {{ apportion.wide_integer() }}) as total_weight,
        cast(sum({{ weight }}) over (
            partition by {{ partition_by | join(', ') }}
            order by {{ order_by | join(', ') }}
            rows between unbounded preceding and current row
        ) as {{ apportion.wide_integer() }}) as running_weight
    from {{ drivers }} as drivers
{%- endmacro %}
