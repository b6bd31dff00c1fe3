{# An amount in cents, as text, in units of its currency. #}
{% macro cents(text) -%}
    {{ apportion.money_of_units(apportion.units_of('cast(' ~ text ~ ' as ' ~ apportion.money() ~ ')', 16)) }}
{%- endmacro %}
