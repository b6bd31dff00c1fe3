{#
    Groups whose sums are not the same in two relations: the body of every test that says "nothing is lost,
    doubled or made up between these two". Exact, and a group that stands on one side only differs too.
    one, other   relations or subqueries in parentheses
    keys         list of [name, expression in one, expression in other]
    amounts      list of [name, expression in one, expression in other]

    A sum has another name than what it sums: in HAVING, BigQuery takes a name for the sum first.
#}
{% macro sums_that_differ(one, other, keys, amounts) %}
    select
        {%- for name, left, right in keys %}
        {{ name }},
        {%- endfor %}
        {%- for name, left, right in amounts %}
        sum(left_{{ name }}) as one_{{ name }},
        sum(right_{{ name }}) as other_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for name, left, right in keys %}
            {{ left }} as {{ name }},
            {%- endfor %}
            {%- for name, left, right in amounts %}
            coalesce({{ left }}, 0) as left_{{ name }},
            0 as right_{{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ one }} as side_one
        union all
        select
            {%- for name, left, right in keys %}
            {{ right }} as {{ name }},
            {%- endfor %}
            {%- for name, left, right in amounts %}
            0 as left_{{ name }},
            coalesce({{ right }}, 0) as right_{{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ other }} as side_other
    ) as both_sides
    group by {% for name, left, right in keys %}{{ name }}{{ ', ' if not loop.last }}{% endfor %}
    having
        {%- for name, left, right in amounts %}
        sum(left_{{ name }}) is distinct from sum(right_{{ name }}){{ ' or' if not loop.last }}
        {%- endfor %}
{% endmacro %}

{# [name, name, name] for each column that is called the same on both sides. #}
{% macro same_names(columns) %}
    {% set named = [] %}
    {% for column in columns %}
        {% do named.append([column, column, column]) %}
    {% endfor %}
    {{ return(named) }}
{% endmacro %}

{# The four costs, with a suffix on either side. #}
{% macro costs_on_both_sides(left_suffix='', right_suffix='') %}
    {% set named = [] %}
    {% for cost in apportion.cost_columns() %}
        {% do named.append([cost, cost ~ left_suffix, cost ~ right_suffix]) %}
    {% endfor %}
    {{ return(named) }}
{% endmacro %}
