-- depends_on: {{ ref('int_attribution__changed_days') }}
-- depends_on: {{ ref('telemetry_routes') }}
-- depends_on: {{ ref('model_prices') }}
-- depends_on: {{ ref('models') }}
{#
    The last model that scans the fact: ownership, allocation and every mart work on these rows. Money is in
    billing currency, so rates may change without rewriting it.

    Lines are summed by the number of their cell, which is all they are summed by but the days, and the texts of a
    cell are read back once: grouping by thirty texts would take most of the way's time and memory. The fact is read
    anew for each use of its lines, since holding all of them for two uses takes more than reading them again.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        partition_by=apportion.day_partitions('line_date'),
        pre_hook="{{ apportion.delete_changed_days(
            'x_source', 'line_date', apportion.is_current_cost(), 'int_attribution__changed_days',
            apportion.may_bill()
        ) }}",
    )
}}

{% set changed = ['x_source', apportion.is_current_cost(), 'int_attribution__changed_days', apportion.may_bill()] %}
{% set costs = apportion.cost_columns() %}
{% set names = apportion.named_attributes() | map(attribute='name') | list %}
{#  What makes a cell; names are no part of it, but stand for an absent id. #}
{% set attributes = apportion.tag_attributes().values() | map(attribute='id') | list %}
{% set own_names = [] %}
{% for named in apportion.named_attributes() %}
    {% do own_names.append(apportion.name_without_id(named['id'], named['name'])) %}
{% endfor %}
{% set keys = ['x_source', 'billing_currency', 'service_category', 'charge_kind'] + attributes %}
{#  A line's own texts lead to its cell; of their labels, those in use are read once per distinct text. #}
{% set line_text = apportion.fields_as_one(keys + own_names + ['tags', 'x_call_labels']) %}
{% set cell_text = apportion.fields_as_one(keys + own_names + ['labels']) %}

{% set lines %}
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
        {{ apportion.attribute_of_part(column) }} as {{ column['name'] }},
        {%- endfor %}
        charges.tags,
        coalesce(parts.x_call_labels, charges.x_call_labels) as x_call_labels,
        {%- for cost in costs %}
        coalesce(case when parts.x_charge_id is null then charges.{{ cost }} else parts.{{ cost }} end, 0) as {{ cost }},
        {%- endfor %}
        days.changed_at as x_changed_at

    from {{ ref('fct_charges') }} as charges

    {#  A line that was split stands once for each part, with the parts' costs and callers. #}
    left join (
        select * from {{ ref('fct_attributed_charges') }}
        where {{ apportion.on_days_to_write('charge_date', *changed) }}
    ) as parts
        on charges.x_charge_id = parts.x_charge_id

    inner join days
        on charges.x_source = days.provider
        and charges.charge_date = days.charge_date

    where {{ apportion.on_days_to_write('charges.charge_date', *changed) }}
{% endset %}

with

days as (

    {{ apportion.days_to_write(*changed) }}

),

splittable as (

    select distinct provider
    from {{ ref('int_attribution__changed_days') }}
    where is_splittable

),

distinct_texts as (

    select distinct
        {{ keys | join(',\n        ') }},
        {%- for name in names %}
        {{ own_names[loop.index0] }} as {{ name }},
        {%- endfor %}
        tags,
        x_call_labels
    from ({{ lines }}) as lines

),

labelled as (

    {{ apportion.with_labels('distinct_texts') }}

),

numbered as (

    select
        labelled.*,
        {{ apportion.tag_key() }} as tag_key,
        {{ line_text }} as line_text,
        dense_rank() over (order by {{ cell_text }}) as cell
    from labelled

),

cells as (

    select distinct
        cell,
        tag_key,
        labels,
        {{ (keys + names) | join(',\n        ') }}
    from numbered

),

short_lines as (

    select
        lines.line_date as charge_date,
        lines.line_date,
        lines.billing_period_start,
        numbered.cell,
        {%- for column in names + costs %}
        lines.{{ column }},
        {%- endfor %}
        lines.x_changed_at

    from (select *, {{ line_text }} as line_text from ({{ lines }}) as every_line) as lines

    inner join numbered
        on lines.line_text = numbered.line_text

    where lines.last_day = lines.line_date

),

long_lines as (

    select
        lines.*,
        numbered.cell

    from (select *, {{ line_text }} as line_text from ({{ lines }}) as every_line) as lines

    inner join numbered
        on lines.line_text = numbered.line_text

    where lines.last_day > lines.line_date

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
        order_by=['charge_date'], amount_columns=costs,
        keep=['line_date', 'billing_period_start', 'cell'] + names + ['x_changed_at'], targets=['charge_date'],
    ) }}

),

by_day as (

    select
        charge_date,
        line_date,
        billing_period_start,
        cell,
        {{ (names + costs) | join(',\n        ') }},
        x_changed_at
    from short_lines

    union all

    select
        coalesce(charge_date, line_date) as charge_date,
        line_date,
        billing_period_start,
        cell,
        {{ (names + costs) | join(',\n        ') }},
        x_changed_at
    from spread

),

summed as (

    select
        charge_date,
        line_date,
        billing_period_start,
        cell,
        {%- for name in names %}
        max({{ name }}) as {{ name }},
        {%- endfor %}
        {%- for cost in costs %}
        cast(sum({{ cost }}) as {{ apportion.money() }}) as {{ cost }},
        {%- endfor %}
        count(*) as line_days,
        max(x_changed_at) as x_changed_at

    from by_day

    group by
        charge_date,
        line_date,
        billing_period_start,
        cell

),

final as (

    select
        summed.charge_date,
        cells.x_source,
        summed.line_date,
        summed.billing_period_start,
        cells.billing_currency,
        cells.service_category,
        cells.charge_kind,
        cells.labels,
        {%- for attribute in attributes %}
        cells.{{ attribute }},
        {%- endfor %}
        {%- for name in names %}
        summed.{{ name }},
        {%- endfor %}
        cells.tag_key,
        summed.line_days,
        {%- for cost in costs %}
        summed.{{ cost }},
        {%- endfor %}
        '{{ apportion.tuple_version() }}' as tuple_version,
        case when splittable.provider is not null then '{{ attribution_version() }}' end as attribution_version,
        summed.x_changed_at

    from summed

    inner join cells
        on summed.cell = cells.cell

    left join splittable
        on cells.x_source = splittable.provider

)

select * from final
