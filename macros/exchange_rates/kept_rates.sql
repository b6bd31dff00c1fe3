{#
    The rates that closed months were closed with: the first version of each that the snapshot saw. Empty where the
    snapshot was never taken (`dbt run` alone takes none) or introspection is off.
    Gives rate_key, closed_on and rate.
#}
{% macro kept_rates(snapshot) %}
    {% set taken = load_relation(snapshot) if execute and flags.INTROSPECT else none %}
    {% if taken is not none %}
    select
        rate_key,
        closed_on,
        rate
    from (
        select
            rate_key,
            closed_on,
            rate,
            row_number() over (partition by rate_key, closed_on order by dbt_valid_from) as version
        from {{ snapshot }}
    ) as versions
    where version = 1
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as rate_key,
        cast(null as date) as closed_on,
        cast(null as {{ apportion.money() }}) as rate
    from (select 1 as nothing) as never_taken
    where false
    {% endif %}
{% endmacro %}
