{#
    Several texts, none of them absent, one after the other. A chain of || copies the text once per part on DuckDB,
    where concat() does so once; but concat() takes an absent text for '' there.
#}
{% macro one_text(texts) -%}
    {{ return(adapter.dispatch('one_text', 'apportion')(texts)) }}
{%- endmacro %}

{% macro default__one_text(texts) -%}
    concat({{ texts | join(', ') }})
{%- endmacro %}

{% macro bigquery__one_text(texts) -%}
    {{ dbt.concat(texts) }}
{%- endmacro %}

{% macro snowflake__one_text(texts) -%}
    {{ dbt.concat(texts) }}
{%- endmacro %}
