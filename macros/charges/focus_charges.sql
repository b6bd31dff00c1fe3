{#
    FOCUS rows as they were landed, text, with numbers and times typed: the body of a staging model. Columns that FOCUS
    does not know stay behind; charge_id leads back to them.
    raw         a source() whose columns are FOCUS's, by our names
    charge_id   SQL: the id of a row
    keys        list of [name, type]: what else names a row in the raw table; the columns come along
#}
{% macro focus_lines(raw, charge_id, keys) %}
    {% set columns = keys + [['charge_date', 'date']] %}
    {% for column in apportion.focus_columns() %}
        {% do columns.append([column[1], 'text']) %}
    {% endfor %}
    select
        {{ charge_id }} as charge_id,
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
        {%- for name, type in keys %}
        {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ apportion.raw_columns(raw, columns) }}
    ) as raw_rows
{% endmacro %}


{#
    Charges out of FOCUS rows: FOCUS is our own language, so nearly every word stays. Before 1.3 the provider stood in
    ProviderName, from 1.4 on only in ServiceProviderName; each fills the other, so that both views of the fact are
    complete. 1.0-preview knows a region's name only.
    lines      relation with the columns of focus_lines()
    source     x_source
    provider   the provider in the word that rules know, where the bill is of one and spells it otherwise
#}
{% macro focus_charges(lines, source, provider=none) %}
    {% set own = {
        'service_provider_name': "'" ~ provider ~ "'" if provider else 'coalesce(service_provider_name, provider_name)',
        'provider_name': 'coalesce(provider_name, service_provider_name)',
        'publisher_name': 'coalesce(publisher_name, service_provider_name)',
        'region_name': 'coalesce(region_name, region_id)',
    } %}
    select
        charge_date,
        'billed' as cost_basis,
        '{{ source }}' as x_source,
        charge_id as x_charge_id,
        {%- for id, name, kind, introduced, removed in apportion.focus_columns() %}
        {{ own.get(name, name) }} as {{ name }},
        {%- endfor %}
        {%- for name in apportion.call_columns() %}
        cast(null as {{ dbt.type_string() }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ lines }}
{% endmacro %}
