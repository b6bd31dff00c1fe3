{# A decimal as text without zeros after its last digit: some warehouses write all of its decimals, some none too many. #}
{% macro number_text(number) -%}
    {%- set written = 'cast(' ~ number ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case when {{ written }} like '%.%' then rtrim(rtrim({{ written }}, '0'), '.') else {{ written }} end
{%- endmacro %}
