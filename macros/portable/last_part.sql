{# What stands behind the last slash of a path. #}
{% macro last_part(path) -%}
    {{ apportion.regex_replaced(path, '^.*/', '') }}
{%- endmacro %}
