{#
    How many single units Azure's unit of measure counts: 1M is a million, 100 Hours a hundred; null where the unit is
    not known. The gate (UNIT in ingestion/common/azure_costs.py) lets nothing else through.
#}
{% macro unit_block(unit) -%}
    case
        {%- for block in [1, 10, 100, 1000, 10000] | reverse %}
        {%- for suffix, times in [['K', 1000], ['M', 1000000], ['', 1]] %}
        when {{ apportion.regex_found(unit, '^' ~ block ~ ' ?' ~ suffix ~ '( ?Tokens?| ?/? ?(Hours?|Days?|Months?)| ?Images?| ?Units?)?$') }}
            then {{ block * times }}
        {%- endfor %}
        {%- endfor %}
    end
{%- endmacro %}
