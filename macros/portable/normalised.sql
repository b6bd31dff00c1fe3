{#
    A text as rules compare it: lower case, no blanks around it, null where nothing is left. Tabs, line ends
    and no-break spaces count as blanks.
#}
{% macro normalised(text) -%}
    lower({{ apportion.trimmed(text) }})
{%- endmacro %}

{#
    A text without blanks around it, every blank in it a plain space; null where nothing is left. Without its second
    argument, trim() takes off plain spaces on Snowflake and whatever Unicode calls a space elsewhere.
#}
{% macro trimmed(text) -%}
    nullif(trim(translate({{ text }}, {{ apportion.blanks() }}, '    '), ' '), '')
{%- endmacro %}

{# Tab, line feed, carriage return and no-break space. #}
{% macro blanks() -%}
    chr(9) || chr(10) || chr(13) || chr(160)
{%- endmacro %}
