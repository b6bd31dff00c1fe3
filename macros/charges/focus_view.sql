{#
    A relation with the columns of fct_charges under FOCUS's own column ids, in FOCUS's order.
    version    '1.3' or '1.4'
#}
{% macro focus_view(version, relation=none) %}
    select
        {%- for id, name, kind, introduced, removed in apportion.focus_columns_of(version) %}
        {{ name }} as {{ adapter.quote(id) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation or ref('fct_charges') }}
{% endmacro %}
