{#
    How many single units any of Azure's units of measure counts: 100 in "100 GB/Month", a million in "1M"; null where the
    unit does not begin with a count. unit_block() is stricter, for tokens.
#}
{% macro azure_unit_block(unit) -%}
    {%- set count = 'cast(nullif(' ~ apportion.regex_replaced(unit, '[^0-9].*$', '') ~ ", '') as " ~ dbt.type_bigint() ~ ')' -%}
    case
        when {{ apportion.regex_found(unit, '^[1-9][0-9]{0,11} ?K( |/|$)') }} then {{ count }} * 1000
        when {{ apportion.regex_found(unit, '^[1-9][0-9]{0,11} ?M( |/|$)') }} then {{ count }} * 1000000
        when {{ apportion.regex_found(unit, '^[1-9][0-9]{0,11}([^0-9.,]|$)') }} then {{ count }}
    end
{%- endmacro %}

{# What a unit of measure counts: GB/Month in "100 GB/Month", Hours in "1 Hour", Units where it names nothing. #}
{% macro azure_unit_name(unit) -%}
    case
        when {{ apportion.azure_unit_block(unit) }} is null then {{ unit }}
        when {{ apportion.regex_found(unit, '^[0-9]+ ?hours?$') }} then 'Hours'
        else coalesce(nullif(trim({{ apportion.regex_replaced(
            apportion.regex_replaced(unit, '^[0-9]+ ?[KM]?( |/|$)', '/'), '^([0-9]+ ?|/ ?)', '') }}), ''), 'Units')
    end
{%- endmacro %}

{#
    A quantity divided by a count of units. Counts are nearly always powers of ten, and those only move the point.
    block   SQL: the count, not null
#}
{% macro divided_by_block(quantity, block) -%}
    case {{ block }}
        when 1 then {{ quantity }}
        {%- for zeros in range(1, 9) %}
        when {{ 10 ** zeros }} then {{ apportion.money_of_units(apportion.units_of(quantity, 18 - zeros)) }}
        {%- endfor %}
        else {{ apportion.ratio(quantity, block) }}
    end
{%- endmacro %}
