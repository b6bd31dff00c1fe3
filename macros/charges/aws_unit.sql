{#
    A unit of AWS as FOCUS writes units: a whole number and a plural; null for none. What nobody here knows stays as it is.
    unit   SQL of the price list's unit ("Hrs", "GB-Mo", "1K tokens")
#}
{% macro aws_unit(unit) -%}
    {%- set words = {
        'Hours': ['hrs', 'hours', 'hour', 'hr'],
        'GB-Months': ['gb-mo', 'gb-month'],
        'Units': ['quantity'],
        '1000 Tokens': ['1k tokens'],
        '1000000 Tokens': ['1m tokens'],
    } -%}
    case
        {%- for known, names in words.items() %}
        when lower({{ unit }}) in ('{{ names | join("', '") }}') then '{{ known }}'
        {%- endfor %}
        else {{ unit }}
    end
{%- endmacro %}
