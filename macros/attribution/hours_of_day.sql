{# The hours of a day as rows: hour_of_day, 0 to 23. #}
{% macro hours_of_day() -%}
    {%- for hour in range(24) %}
    select {{ hour }} as hour_of_day{{ '\n    union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#
    The smallest number that every count of hours of a day divides, as a wide integer: multiplied by it, so many hours of
    so many become whole numbers, and shares of a day are exact.
#}
{% macro hours_divide() -%}
    cast(5354228880 as {{ apportion.wide_integer() }})
{%- endmacro %}

{# The hour of a day that a moment is in, and the first one that has not begun by it; 24 from the day's end on. #}
{% macro hour_begun(moment, day) -%}
    case
        when {{ moment }} is null or cast({{ moment }} as date) < {{ day }} then 0
        when cast({{ moment }} as date) > {{ day }} then 24
        else cast(extract(hour from {{ moment }}) as {{ dbt.type_bigint() }})
    end
{%- endmacro %}

{% macro hour_not_begun(moment, day) -%}
    case
        when {{ moment }} is null or cast({{ moment }} as date) > {{ day }} then 24
        when cast({{ moment }} as date) < {{ day }} then 0
        else cast(extract(hour from {{ moment }}) as {{ dbt.type_bigint() }})
            + case when extract(minute from {{ moment }}) > 0 or extract(second from {{ moment }}) > 0 then 1 else 0 end
    end
{%- endmacro %}
