{#
    The days of a provider that a completed load covered, with the time of the newest such load.
    usage_tables   its raw tables that report usage
    raw            whose load reads it, where another's does: raw_<raw>
    tables         the raw tables that are its own, where that load has more
    Gives provider, charge_date, changed_at and usage_read_at: when usage of the day was last read, null where it
    never was. A load that broke off has no row in _dlt_loads and does not count; the next one covers its days.
#}
{% macro changed_days(provider, usage_tables=[], raw=none, tables=none) %}
    select
        {{ apportion.text_literal(provider) }} as provider,
        load_log.charge_date,
        max(loads.inserted_at) as changed_at,
        {%- if usage_tables %}
        max(case when load_log.table_name in ('{{ usage_tables | join("', '") }}') then load_log.read_at end) as usage_read_at
        {%- else %}
        cast(null as {{ dbt.type_timestamp() }}) as usage_read_at
        {%- endif %}

    from (
        {{ apportion.raw_columns(
            source('raw_' ~ (raw or provider), 'load_log'),
            [['table_name', 'text'], ['charge_date', 'date'], ['read_at', 'timestamp'], ['_dlt_load_id', 'text']]
        ) }}
    ) as load_log

    inner join (
        {{ apportion.raw_columns(
            source('raw_' ~ (raw or provider), '_dlt_loads'), [['load_id', 'text'], ['inserted_at', 'timestamp']]
        ) }}
    ) as loads
        on load_log._dlt_load_id = loads.load_id

    {% if tables -%}
    where load_log.table_name in ('{{ tables | join("', '") }}')
    {% endif -%}
    group by load_log.charge_date
{% endmacro %}
