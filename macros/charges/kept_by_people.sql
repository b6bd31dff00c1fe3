{#
    Sources whose bills people keep, in seeds or in files of the documented shape. They come by the month or the year, so
    their newest day says nothing of how far costs are known, and they may bill what another source bills too.
#}
{% macro kept_by_people() %}
    {{ return(['manual', 'custom_costs']) }}
{% endmacro %}

{# A date as text: 2026-11-01. #}
{% macro text_of(day) -%}
    cast({{ day }} as {{ dbt.type_string() }})
{%- endmacro %}
