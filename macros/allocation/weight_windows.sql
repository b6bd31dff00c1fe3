{#
    The first and last day whose weights count for a pool, seen from a day.
    rules   relation with weight_window and trailing_days
    dates   relation with date_day (the day it is seen from), month_start and month_end
#}
{% macro window_from(rules, dates) -%}
    case {{ rules }}.weight_window
        when 'month' then {{ dates }}.month_start
        when 'previous_month' then {{ apportion.period_start('month', apportion.days_after(dates ~ '.month_start', -1)) }}
        when 'trailing' then {{ apportion.days_after(dates ~ '.date_day', '-' ~ rules ~ '.trailing_days') }}
        else {{ dates }}.date_day
    end
{%- endmacro %}

{% macro window_until(rules, dates) -%}
    case {{ rules }}.weight_window
        when 'month' then {{ dates }}.month_end
        when 'previous_month' then {{ apportion.days_after(dates ~ '.month_start', -1) }}
        when 'trailing' then {{ apportion.days_after(dates ~ '.date_day', -1) }}
        else {{ dates }}.date_day
    end
{%- endmacro %}
