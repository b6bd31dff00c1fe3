{#
    The columns that every int_<provider>__usage has, in order: [name, type]; type is text, date or money.
    Tuples of usage are tagged by the same rules as those of bills, so the words are the same.
    x_source               the source that reports it; service_provider_name is whose bill the call is on
    x_attribution_level    the finest thing it knows a call by: call, key, project or account
    quantity               in the token class's own unit; classes of one source are disjoint
    estimated_cost         what the source itself thinks the calls cost, in USD; it stands on the class `requests` only
                           (`sessions` where the source counts no requests), and is never added to what was billed
#}
{% macro usage_columns() %}
    {% set columns = [
        ['charge_date', 'date'], ['x_source', 'text'], ['service_provider_name', 'text'],
        ['billing_account_id', 'text'], ['billing_account_name', 'text'], ['sub_account_id', 'text'],
        ['sub_account_name', 'text'], ['service_name', 'text'], ['charge_category', 'text'],
    ] %}
    {% for column in apportion.call_columns() %}
        {% do columns.append([column, 'text']) %}
    {% endfor %}
    {{ return(columns + [['x_attribution_level', 'text'], ['quantity', 'money'], ['estimated_cost', 'money']]) }}
{% endmacro %}

{#
    A typed select without rows, for a provider that has none of something. What is a model's all has a name: `no_usage()` for a bill
    without telemetry, `no_charges()` for a gateway, which bills nothing.
    columns   list of [name, type] as in usage_columns()
#}
{% macro no_rows(columns) %}
    {% set types = {
        'text': dbt.type_string(), 'date': 'date', 'timestamp': dbt.type_timestamp(), 'money': apportion.money(),
    } %}
    select
        {%- for name, type in columns %}
        cast(null as {{ types[type] }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as nothing) as none_at_all
    where false
{% endmacro %}


{# The typed columns of int_<provider>__usage, without rows. Only where the model is nothing else: see providers_without(). #}
{% macro no_usage() %}
    {{ return(apportion.no_rows(apportion.usage_columns())) }}
{% endmacro %}


{# The typed columns of int_<provider>__charges, without rows. Only where the model is nothing else: see providers_without(). #}
{% macro no_charges() %}
    {% set kinds = {'charge_date': 'date'} %}
    {% for id, name, kind, introduced, removed in apportion.focus_columns() %}
        {% do kinds.update({name: {'number': 'money', 'time': 'timestamp'}.get(kind, 'text')}) %}
    {% endfor %}
    {% set columns = [] %}
    {% for name in apportion.charge_columns() %}
        {% do columns.append([name, kinds.get(name, 'text')]) %}
    {% endfor %}
    {{ apportion.no_rows(columns) }}
{% endmacro %}
