{#
    The columns that every int_<provider>__charges has, in order: those of FOCUS 1.0 to 1.4, and what FOCUS has
    no word for.
    fct_charges adds x_changed_at.
#}
{% macro charge_columns() %}
    {% set columns = ['charge_date', 'cost_basis', 'x_source', 'x_charge_id'] %}
    {% for column in apportion.focus_columns() %}
        {% do columns.append(column[1]) %}
    {% endfor %}
    {{ return(columns + apportion.call_columns()) }}
{% endmacro %}

{# What a bill line or usage row says of the call behind it. #}
{% macro call_columns() %}
    {{ return([
        'x_model', 'x_service_tier', 'x_context_tier', 'x_region_scope', 'x_token_class', 'x_api_key_id',
        'x_api_key_name', 'x_principal', 'x_gateway', 'x_workload', 'x_call_labels',
    ]) }}
{% endmacro %}
