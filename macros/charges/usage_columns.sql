{#
    The columns that every int_<provider>__usage has, in order: [name, type]; type is text, date or money.
    Tuples of usage are tagged by the same rules as those of bills, so the words are the same.
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
    {{ return(columns + [['quantity', 'money']]) }}
{% endmacro %}

{#
    A typed select without rows, for a provider that has none of something.
    columns   list of [name, type] as in usage_columns()
#}
{% macro no_rows(columns) %}
    {% set types = {'text': dbt.type_string(), 'date': 'date', 'money': apportion.money()} %}
    select
        {%- for name, type in columns %}
        cast(null as {{ types[type] }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as nothing) as none_at_all
    where false
{% endmacro %}
