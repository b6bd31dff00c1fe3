{#
    What staging reads: the named columns of a raw table, each with its type. dlt creates a column when it
    first sees one and a table when it first loads one: an absent column is null, an absent table is empty.
    raw       a source()
    columns   list of [name, type]; type is text, json (read as text), bigint, date, timestamp or boolean
    also      a prefix: every further column of the table that starts with it comes along as it is
#}
{% macro raw_columns(raw, columns, also=none) %}
    {% set types = {
        'text': dbt.type_string(), 'json': dbt.type_string(), 'bigint': dbt.type_bigint(), 'date': 'date',
        'timestamp': dbt.type_timestamp(), 'boolean': dbt.type_boolean(),
    } %}
    {% set known = execute and flags.INTROSPECT %}
    {% set table = load_relation(raw) if known else raw %}
    {% set present = [] %}
    {% if known and table is not none %}
        {% for column in adapter.get_columns_in_relation(table) %}
            {% do present.append(column.name | lower) %}
        {% endfor %}
    {% endif %}
    {% set wanted = columns | map(attribute=0) | list %}
    select
        {%- for name, type in columns %}
        {% if not known or name in present -%}
            {{ apportion.utc_timestamp(name) if type == 'timestamp' else apportion.json_text(name) if type == 'json'
                else 'cast(' ~ name ~ ' as ' ~ types[type] ~ ')' }}
        {%- else -%}
            cast(null as {{ types[type] }})
        {%- endif %} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
        {%- if also is not none %}
        {%- for name in present if name.startswith(also) and name not in wanted %},
        {{ name }}
        {%- endfor %}
        {%- endif %}
    {%- if table is not none %}
    from {{ raw }}
    {%- else %}
    from (select 1 as nothing) as never_loaded
    where false
    {%- endif %}
{% endmacro %}
