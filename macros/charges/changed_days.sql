{#
    The days of a provider that a completed load covered, with the time of the newest such load.
    source_name   raw_<provider>
    Gives provider, charge_date, changed_at. A load that broke off has no row in _dlt_loads and does not count;
    the next one covers its days.
#}
{% macro changed_days(provider) %}
    select
        {{ apportion.text_literal(provider) }} as provider,
        load_log.charge_date,
        max(loads.inserted_at) as changed_at

    from (
        {{ apportion.raw_columns(
            source('raw_' ~ provider, 'load_log'), [['charge_date', 'date'], ['_dlt_load_id', 'text']]
        ) }}
    ) as load_log

    inner join (
        {{ apportion.raw_columns(
            source('raw_' ~ provider, '_dlt_loads'), [['load_id', 'text'], ['inserted_at', 'timestamp']]
        ) }}
    ) as loads
        on load_log._dlt_load_id = loads.load_id

    group by load_log.charge_date
{% endmacro %}
