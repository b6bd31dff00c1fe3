{# A moment with its time zone as a plain timestamp in UTC. #}
{% macro utc_timestamp(moment) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'apportion')(moment)) }}
{%- endmacro %}

{% macro default__utc_timestamp(moment) -%}
    timezone('UTC', cast({{ moment }} as timestamp with time zone))
{%- endmacro %}

{% macro bigquery__utc_timestamp(moment) -%}
    cast({{ moment }} as timestamp)
{%- endmacro %}

{% macro snowflake__utc_timestamp(moment) -%}
    cast(convert_timezone('UTC', {{ moment }}) as timestamp)
{%- endmacro %}

{#
    A UTC time as providers write it (2026-05-01T00:00:00Z, 2026-05-01 00:00:00.000, 2026-05-01T00:00Z, 2026-05-01) as a
    timestamp.
#}
{% macro timestamp_of_text(text) -%}
    cast(replace(
        case
            when substr({{ text }}, 16, 1) <> '' and substr({{ text }}, 17, 1) <> ':' then substr({{ text }}, 1, 16) || ':00'
            else substr({{ text }}, 1, 19)
        end, 'T', ' '
    ) as timestamp)
{%- endmacro %}
