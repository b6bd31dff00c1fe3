{#
    What the exchange rate of a cost hangs on, as one short text: its currency, day, billing period, provider and
    account. Also for the rows of a snapshot, whose key may hold no null.
#}
{% macro rate_key(costs) -%}
    {%- set text = dbt.type_string() -%}
    {{ dbt.hash(apportion.fields_as_one([
        costs ~ '.billing_currency',
        'cast(' ~ costs ~ '.charge_date as ' ~ text ~ ')',
        'cast(' ~ costs ~ '.billing_period_start as ' ~ text ~ ')',
        costs ~ '.service_provider_name',
        costs ~ '.billing_account_id',
    ])) }}
{%- endmacro %}
