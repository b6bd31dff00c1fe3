{#
    Whether the one who asks is the reader that a column names. Meant for views, which ask again in each query.
    BigQuery tells an e-mail address, whose case does not matter. Snowflake tells whether the session has a role, by the
    name that SHOW ROLES lists; roles that a role inherits count. DuckDB has no logins: the variable `reader` plays them.
#}
{% macro reader_is(column) -%}
    {{ return(adapter.dispatch('reader_is', 'apportion')(column)) }}
{%- endmacro %}

{% macro default__reader_is(column) -%}
    lower({{ column }}) = lower(coalesce(getvariable('reader'), current_user))
{%- endmacro %}

{% macro bigquery__reader_is(column) -%}
    lower({{ column }}) = lower(session_user())
{%- endmacro %}

{% macro snowflake__reader_is(column) -%}
    is_role_in_session({{ column }})
{%- endmacro %}
