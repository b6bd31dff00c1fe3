-- depends_on: {{ ref('int_charges__changed_days') }}
{#
    The last model that scans the fact: ownership, allocation and every mart work on these rows. Money is in
    billing currency, so rates may change without rewriting it.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        pre_hook="{{ apportion.delete_changed_days('x_source', 'line_date', apportion.is_current_tuple()) }}",
    )
}}

{% set costs = apportion.cost_columns() %}
{#  What rows are summed by; names are no part of it, but stand for an absent id. #}
{% set keys = ['x_source', 'line_date', 'billing_period_start', 'billing_currency', 'service_category',
    'charge_kind', 'labels'] %}
{% set names = apportion.named_attributes() | map(attribute='name') | list %}
{% for attribute in apportion.tag_attributes().values() %}
    {% do keys.append(attribute['id']) %}
{% endfor %}

with

days as (

    {{ apportion.days_to_write('x_source', apportion.is_current_tuple()) }}

),

lines as (

    select
        charges.x_charge_id,
        charges.x_source,
        charges.charge_date as line_date,
        {{ apportion.last_day_of_charge('charges') }} as last_day,
        cast(charges.billing_period_start as date) as billing_period_start,
        charges.billing_currency,
        charges.service_category,
        {{ apportion.charge_kind('charges') }} as charge_kind,
        {%- for column in apportion.daily_attributes() %}
        {{ column['expression'] }} as {{ column['name'] }},
        {%- endfor %}
        charges.tags,
        charges.x_call_labels,
        {%- for cost in costs %}
        coalesce(charges.{{ cost }}, 0) as {{ cost }},
        {%- endfor %}
        days.changed_at as x_changed_at

    from {{ ref('fct_charges') }} as charges

    inner join days
        on charges.x_source = days.provider
        and charges.charge_date = days.charge_date

),

labelled as (

    {{ apportion.with_labels('lines') }}

),

long_lines as (

    select * from labelled
    where last_day > line_date

),

days_of_long_lines as (

    select
        long_lines.x_charge_id,
        dates.date_day as charge_date,
        cast(1 as {{ apportion.wide_integer() }}) as weight

    from long_lines

    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day >= long_lines.line_date
        and dates.date_day <= long_lines.last_day

),

{#  A charge over several days is spread over them evenly, and owned day by day. #}
spread as (

    {{ apportion.allocate_proportionally(
        amounts='long_lines', drivers='days_of_long_lines', partition_by=['x_charge_id'], weight='weight',
        order_by=['charge_date'], amount_columns=costs, keep=keys + names + ['x_changed_at'],
        targets=['charge_date'],
    ) }}

),

by_day as (

    select
        line_date as charge_date,
        {{ (keys + names + costs) | join(',\n        ') }},
        x_changed_at
    from labelled
    where last_day = line_date

    union all

    select
        coalesce(charge_date, line_date) as charge_date,
        {{ (keys + names + costs) | join(',\n        ') }},
        x_changed_at
    from spread

),

summed as (

    select
        charge_date,
        {{ keys | join(',\n        ') }},
        {%- for named in apportion.named_attributes() %}
        max({{ named['name'] }}) as {{ named['name'] }},
        {%- endfor %}
        {%- for cost in costs %}
        cast(sum({{ cost }}) as {{ apportion.money() }}) as {{ cost }},
        {%- endfor %}
        count(*) as line_days,
        max(x_changed_at) as x_changed_at

    from by_day

    group by
        charge_date,
        {{ keys | join(',\n        ') }}
        {%- for named in apportion.named_attributes() %},
        {{ apportion.name_without_id(named['id'], named['name']) }}
        {%- endfor %}

),

final as (

    select
        charge_date,
        {{ (keys + names) | join(',\n        ') }},
        {{ apportion.tag_key() }} as tag_key,
        line_days,
        {{ costs | join(',\n        ') }},
        '{{ apportion.tuple_version() }}' as tuple_version,
        x_changed_at

    from summed

)

select * from final
