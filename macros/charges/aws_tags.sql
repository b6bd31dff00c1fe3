{#
    The tags of an AWS line as people wrote them: the prefixes go that AWS puts before their keys. Tags of IAM principals
    are of another kind and keep theirs (iamPrincipal/), as do tags that AWS made itself (aws:).
    tags   SQL: a JSON object as text
#}
{% macro aws_tags(tags) %}
    {# A key in JSON stands after an opening brace or a comma; a quote within a value has a backslash before it. #}
    {%- set own = namespace(tags=tags) -%}
    {%- for prefix in ['user_', 'user:', 'resourceTags/user:', 'resourceTags/'] -%}
        {%- for before in ['{"', ', "', ',"'] -%}
            {%- set own.tags = "replace(" ~ own.tags ~ ", '" ~ before ~ prefix ~ "', '" ~ before ~ "')" -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(own.tags) }}
{% endmacro %}
