{# It remembers charges and not seed rows: a subscription is charges of two days. #}
{{ config(**apportion.seed_log()) }}
{% set kinds = {} %}
{% for id, name, kind, introduced, removed in apportion.focus_columns() %}
    {% do kinds.update({name: kind}) %}
{% endfor %}
{#  Numbers and times are written alike on every warehouse. #}
{% set texts = [] %}
{% for column in apportion.charge_columns() if column not in ['charge_date', 'x_source'] %}
    {% set kind = kinds.get(column) %}
    {% do texts.append(
        apportion.number_text(column) if kind == 'number'
        else 'substr(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ '), 1, 19)' if kind == 'time'
        else column
    ) %}
{% endfor %}
{{ apportion.seed_changed_days(
    'manual', 'select charge_date, ' ~ apportion.fields_as_one(texts) ~ ' as row_text from ' ~ ref('int_manual__charges')
) }}
