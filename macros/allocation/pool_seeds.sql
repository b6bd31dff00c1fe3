{# The rows of shared_cost_pools.csv, as a list of dicts. #}
{% macro shared_cost_pools() %}
    {{ return(apportion.seed_rows(ref('shared_cost_pools'), [
        {'pool': 'sample', 'method': 'cost', 'scope': 'provider=AWS; service=Amazon*', 'exclude': 'x*|y'},
    ])) }}
{% endmacro %}

{# The scopes that pools name, each once. #}
{% macro pool_scopes() %}
    {{ return(shared_cost_pools() | selectattr('scope', 'defined') | map(attribute='scope') | unique(case_sensitive=true) | list) }}
{% endmacro %}

{# The excluded targets that pools name, each once. #}
{% macro pool_exclusions() %}
    {{ return(shared_cost_pools() | selectattr('exclude', 'defined') | map(attribute='exclude') | unique(case_sensitive=true) | list) }}
{% endmacro %}

{# A scope (cells of a rule, written like a label cell) as a condition on dim_charge_attributes. #}
{% macro scope_condition(scope) %}
    {% set where = 'seeds/allocation/shared_cost_pools.csv, scope "' ~ scope ~ '"' %}
    {% set attributes = apportion.tag_attributes() %}
    {% set conditions = [] %}
    {% for cell, pattern in apportion.read_pairs(scope) %}
        {% if cell.startswith('label:') %}
            {% set columns = ['normalised_' ~ apportion.label_column(cell[6:], where)] %}
        {% elif cell in attributes %}
            {% set columns = [] %}
            {% for column in attributes[cell]['columns'] %}
                {% do columns.append('normalised_' ~ column) %}
            {% endfor %}
        {% else %}
            {{ exceptions.raise_compiler_error(
                where ~ ': ' ~ cell ~ ' is no cell of a rule. Known are: ' ~ attributes.keys() | join(', ') ~ '.'
            ) }}
        {% endif %}
        {% do conditions.append(apportion.cell_condition(pattern, columns)) %}
    {% endfor %}
    {{ return(conditions | join(' and ') or 'true') }}
{% endmacro %}
