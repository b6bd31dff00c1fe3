{# Anthropic tells a day's costs in two reports; int_anthropic__report_days says which of them is its bill. #}
with

load_log as (

    {{ apportion.raw_columns(
        source('raw_anthropic', 'load_log'),
        [['table_name', 'text'], ['charge_date', 'date'], ['read_at', 'timestamp'], ['_dlt_load_id', 'text']]
    ) }}

),

loads as (

    {{ apportion.raw_columns(source('raw_anthropic', '_dlt_loads'), [['load_id', 'text']]) }}

),

final as (

    select
        load_log.charge_date,
        case when load_log.table_name = 'analytics_costs' then 'analytics' else 'admin' end as report,
        max(load_log.read_at) as read_at

    from load_log

    inner join loads
        on load_log._dlt_load_id = loads.load_id

    where load_log.table_name in ('costs', 'analytics_costs')

    group by
        load_log.charge_date,
        case when load_log.table_name = 'analytics_costs' then 'analytics' else 'admin' end

)

select * from final
