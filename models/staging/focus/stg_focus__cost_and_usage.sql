{#
    Text becomes numbers and times here, once. Columns that FOCUS does not know come along as x_<name>; the
    fact leaves them out, and x_charge_id leads back to them.
#}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint'], ['charge_date', 'date']] %}
{% for column in apportion.focus_columns() %}
    {% do columns.append([column[1], 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_focus', 'cost_and_usage'), columns, also='x_') }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as charge_id,
        charge_date,
        {%- for id, name, kind, introduced, removed in apportion.focus_columns() %}
        {% if kind == 'number' -%}
            cast({{ name }} as {{ apportion.money() }})
        {%- elif kind == 'time' -%}
            {{ apportion.timestamp_of_text(name) }}
        {%- else -%}
            {{ name }}
        {%- endif %} as {{ name }},
        {%- endfor %}
        source_file,
        source_row

    from raw_rows

)

select * from final
