{#
    One member of a flat JSON object as text: text as it is, numbers and true/false as JSON writes them;
    null where the member is absent, null, an object or a list, or the text is no JSON.
    key   the member's name, exactly
#}
{% macro json_label(json, key) -%}
    {{ return(adapter.dispatch('json_label', 'apportion')(json, key)) }}
{%- endmacro %}

{#  A JSON pointer takes any key; a path would trip over dots and quotes. #}
{% macro default__json_label(json, key) -%}
    {%- set pointer = apportion.text_literal('/' ~ key.replace('~', '~0').replace('/', '~1')) -%}
    case
        when json_valid({{ json }}) and json_type({{ json }}, {{ pointer }}) not in ('OBJECT', 'ARRAY')
            then json_extract_string({{ json }}, {{ pointer }})
    end
{%- endmacro %}

{#  json_value gives null for objects and lists. #}
{% macro bigquery__json_label(json, key) -%}
    json_value({{ json }}, {{ apportion.text_literal('$."' ~ key.replace('\\', '\\\\').replace('"', '\\"') ~ '"') }})
{%- endmacro %}

{% macro snowflake__json_label(json, key) -%}
    {%- set member = 'get(try_parse_json(' ~ json ~ '), ' ~ apportion.text_literal(key) ~ ')' -%}
    case
        when not is_object({{ member }}) and not is_array({{ member }}) then to_varchar({{ member }})
    end
{%- endmacro %}
