-- depends_on: {{ ref('int_charges__changed_days') }}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        partition_by=apportion.day_partitions('charge_date'),
        pre_hook="{{ apportion.delete_changed_days('x_source', 'charge_date', may_have=apportion.may_bill()) }}",
    )
}}

with

lines as (

    {{ apportion.billed_lines(apportion.charge_columns()) }}

),

days as (

    {{ apportion.days_to_write('x_source', may_have=apportion.may_bill()) }}

),

final as (

    select
        {%- for column in apportion.charge_columns() %}
        {%- if column in ['tags', 'allocated_tags'] %}
        {{ apportion.without_emails('lines.' ~ column) }} as {{ column }},
        {%- else %}
        lines.{{ column }},
        {%- endif %}
        {%- endfor %}
        days.changed_at as x_changed_at

    from lines

    inner join days
        on lines.x_source = days.provider
        and lines.charge_date = days.charge_date

    where {{ apportion.on_days_to_write('lines.charge_date', 'x_source', may_have=apportion.may_bill()) }}

)

select * from final
