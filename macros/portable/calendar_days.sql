{#
    One row per day in date_day, first and last included.
    first, last   dates as YYYY-MM-DD, known when dbt compiles: dbt.date_spine would ask the warehouse how many days
                  lie between, which nobody can answer without an account
#}
{% macro calendar_days(first, last) -%}
    {{ return(adapter.dispatch('calendar_days', 'apportion')(first, last)) }}
{%- endmacro %}

{% macro default__calendar_days(first, last) %}
    select cast(days.moment as date) as date_day
    from generate_series(cast('{{ first }}' as date), cast('{{ last }}' as date), interval 1 day) as days (moment)
{% endmacro %}

{% macro bigquery__calendar_days(first, last) %}
    select date_day
    from unnest(generate_date_array(cast('{{ first }}' as date), cast('{{ last }}' as date))) as date_day
{% endmacro %}

{#  generator() wants a constant, and seq4() may leave gaps: row_number() does not. #}
{% macro snowflake__calendar_days(first, last) %}
    {%- set date = modules.datetime.date %}
    {%- set days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1 %}
    select dateadd(day, row_number() over (order by seq4()) - 1, cast('{{ first }}' as date)) as date_day
    from table(generator(rowcount => {{ days }}))
{% endmacro %}
