{#
    The names in vars.virtual_tags with a column each in fct_allocated_costs_tagged: dicts with tag and column. Always
    tag_<name>, so that no name is a reserved word or a column that the fact has already.
#}
{% macro listed_tags() %}
    {% set listed = [] %}
    {% for tag in var('virtual_tags') %}
        {% set column = 'tag_' ~ apportion.safe_name(tag) %}
        {% set others = listed | selectattr('column', 'equalto', column) | map(attribute='tag') | list %}
        {% if others %}
            {{ exceptions.raise_compiler_error(
                'dbt_project.yml: vars.virtual_tags lists "' ~ others[0] ~ '" and "' ~ tag ~ '", which would both be the '
                ~ 'column ' ~ column ~ '. Take one out, or rename the tag in seeds/virtual_tags/virtual_tag_rules.csv.'
            ) }}
        {% endif %}
        {% if tag in apportion.standard_tags() %}
            {{ exceptions.raise_compiler_error(
                'dbt_project.yml: vars.virtual_tags lists "' ~ tag ~ '", which fct_allocated_costs has already. Take it out.'
            ) }}
        {% endif %}
        {% do listed.append({'tag': tag, 'column': column}) %}
    {% endfor %}
    {{ return(listed) }}
{% endmacro %}
