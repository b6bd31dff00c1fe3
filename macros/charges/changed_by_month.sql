{#
    Changed days of a source that has charges by the month: a load of any day of a month counts as a change of all days
    of it that were ever loaded. Else a charge that moves within its month would stand on two days of the fact.
    days   the select of changed_days()
#}
{% macro changed_by_month(days) %}
    select
        provider,
        charge_date,
        max(changed_at) over (partition by provider, {{ apportion.period_start('month', 'charge_date') }}) as changed_at,
        usage_read_at
    from (
        {{ days }}
    ) as days
{% endmacro %}
