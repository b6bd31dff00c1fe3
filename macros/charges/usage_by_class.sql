{#
    Usage as one row per token class: the measures that stand side by side in a report become rows, those without quantity
    are left out. Classes are disjoint, so that their sum counts nothing twice.
    relation   the calls or the report
    keys       its columns that stay
    classes    list of [token class, SQL of its quantity]
    estimate   SQL of what the source itself thinks the calls cost; it stands on the class `counted_by`
#}
{% macro usage_by_class(relation, keys, classes, estimate=none, counted_by='requests') %}
    {%- set nothing = 'cast(null as ' ~ apportion.money() ~ ')' %}
    select
        {{ keys | join(',\n        ') }},
        token_class,
        cast(sum(quantity) as {{ apportion.money() }}) as quantity,
        cast(sum(estimated_cost) as {{ apportion.money() }}) as estimated_cost

    from (
        {%- for name, quantity in classes %}
        select
            {{ keys | join(',\n            ') }},
            '{{ name }}' as token_class,
            {{ quantity }} as quantity,
            {{ estimate if estimate is not none and name == counted_by else nothing }} as estimated_cost
        from {{ relation }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as by_class

    where quantity <> 0 or estimated_cost <> 0

    group by
        {{ keys | join(',\n        ') }},
        token_class
{% endmacro %}
