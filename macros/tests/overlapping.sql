{#
    Names that are valid twice on one day.
    relation   with valid_from and valid_to, null where open
    name       the column with the name
#}
{% macro overlapping(relation, name) %}
    {% set first = "cast('" ~ var('first_date') ~ "' as date)" %}
    select
        {{ name }},
        valid_from,
        earlier_end
    from (
        select
            {{ name }},
            coalesce(valid_from, {{ first }}) as valid_from,
            lag(coalesce(valid_to, cast('9999-12-31' as date))) over (
                partition by {{ apportion.normalised(name) }} order by coalesce(valid_from, {{ first }})
            ) as earlier_end
        from {{ relation }}
    ) as in_order
    where earlier_end > valid_from
{% endmacro %}
