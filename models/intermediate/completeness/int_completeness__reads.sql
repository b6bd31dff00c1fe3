{#
    What completed loads say of their days. A load log without the last two columns is older than they are: its tables
    count as read by days that are never restated, until the next load.
#}
with

final as (
    {% for provider in var('providers') %}
    {#  By the name that ingestion gives: not every provider has a load log, and source() would ask for one. #}
    {% set schema = 'raw_' ~ provider %}
    select
        {{ apportion.text_literal(provider) }} as provider,
        load_log.table_name,
        load_log.charge_date,
        max(load_log.read_at) as read_at,
        coalesce(max(load_log.restated_days), 0) as restated_days,
        coalesce(max(load_log.read_as), 'days') as read_as

    from (
        {{ apportion.raw_columns(
            api.Relation.create(database=this.database, schema=schema, identifier='load_log'),
            [['table_name', 'text'], ['charge_date', 'date'], ['read_at', 'timestamp'], ['restated_days', 'bigint'],
             ['read_as', 'text'], ['_dlt_load_id', 'text']]
        ) }}
    ) as load_log

    inner join (
        {{ apportion.raw_columns(
            api.Relation.create(database=this.database, schema=schema, identifier='_dlt_loads'),
            [['load_id', 'text'], ['inserted_at', 'timestamp']]
        ) }}
    ) as loads
        on load_log._dlt_load_id = loads.load_id

    group by load_log.table_name, load_log.charge_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from final
