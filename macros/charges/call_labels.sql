{#
    What a caller said of a call, as x_call_labels wants it: the keys of the instrumentation standard and those that
    rules look at (vars.tag_labels), sorted, absent ones left out; null where none is there. Session, request and trace
    ids stay in the raw log: with them every call would be a tuple of its own.
    json   SQL of a flat JSON object as text
#}
{% macro call_labels(json) -%}
    {%- set keys = ['agent', 'business_process', 'customer', 'environment', 'feature', 'team'] -%}
    {%- for label in apportion.labels_in_use() if label['key'] not in keys -%}
        {%- do keys.append(label['key']) -%}
    {%- endfor -%}
    {%- set members = [] -%}
    {%- for key in keys | sort(case_sensitive=true) -%}
        {%- set value = apportion.trimmed(apportion.json_label(json, key)) -%}
        {%- do members.append(
            'coalesce(' ~ dbt.concat([apportion.text_literal(',' ~ tojson(key) ~ ':'), apportion.json_quoted(value)])
            ~ ", '')"
        ) -%}
    {%- endfor -%}
    case
        when {{ json }} is not null
            then {{ dbt.concat(["'{'", 'nullif(substr(' ~ apportion.one_text(members) ~ ", 2), '')", "'}'"]) }}
    end
{%- endmacro %}
