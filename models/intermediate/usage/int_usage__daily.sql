-- depends_on: {{ ref('int_charges__changed_days') }}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        partition_by=apportion.day_partitions('charge_date'),
        pre_hook="{{ apportion.delete_changed_days(
            'x_source', 'charge_date', apportion.is_current_tuple(), may_have=apportion.may_tell_usage()
        ) }}",
    )
}}

{% set changed = ['x_source', apportion.is_current_tuple(), 'int_charges__changed_days', apportion.may_tell_usage()] %}
{#  What a rule may look at and usage does not know. #}
{% set columns = apportion.usage_columns() | map(attribute=0) | list %}
{% set unknown = [] %}
{% for attribute in apportion.tag_attributes().values() %}
    {% for column in [attribute['id'], attribute.get('name')] if column and column not in columns %}
        {% do unknown.append(column) %}
    {% endfor %}
{% endfor %}

with

usage_rows as (

    {{ apportion.union_providers('usage', columns) }}

),

days as (

    {{ apportion.days_to_write(*changed) }}

),

changed as (

    select
        {%- for column in columns %}
        usage_rows.{{ column }},
        {%- endfor %}
        {%- for column in unknown %}
        cast(null as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }}) as tags,
        'usage' as charge_kind,
        days.changed_at as x_changed_at

    from usage_rows

    inner join days
        on usage_rows.x_source = days.provider
        and usage_rows.charge_date = days.charge_date

    where {{ apportion.on_days_to_write('usage_rows.charge_date', *changed) }}

),

labelled as (

    {{ apportion.with_labels('changed') }}

),

final as (

    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        charge_kind,
        labels,
        {{ apportion.telemetry_key() }} as telemetry_key,
        {{ apportion.usage_key() }} as usage_key,
        {{ apportion.tag_key() }} as tag_key,
        '{{ apportion.tuple_version() }}' as tuple_version,
        x_changed_at

    from labelled

)

select * from final
