{# An amount in cents, as text, in units of its currency. #}
{% macro cents(text) -%}
    cast(cast({{ text }} as {{ apportion.money() }}) * 0.01 as {{ apportion.money() }})
{%- endmacro %}
