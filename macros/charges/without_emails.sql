{#
    Tags as the marts show them: e-mail addresses are personal data that nobody asked for, and a bill's tags are full of
    them (created-by, owner). `vars.emails_in_tags` keeps them; days that are written already keep what they have.
    tags   SQL: a JSON object as text
#}
{% macro without_emails(tags) -%}
    {%- if var('emails_in_tags', false) -%}
        {{ tags }}
    {%- else -%}
        case
            when {{ tags }} like '%@%'
                then {{ apportion.regex_replaced(tags, apportion.email_pattern(), '(e-mail address)') }}
            else {{ tags }}
        end
    {%- endif -%}
{%- endmacro %}

{# What an e-mail address looks like, an RE2 expression; case does not matter. #}
{% macro email_pattern() -%}
    {{ return("[a-z0-9._%+'-]+@[a-z0-9-]+([.][a-z0-9-]+)+") }}
{%- endmacro %}
