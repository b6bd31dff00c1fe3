{# Currencies without a rate, each with the first day that lacks it: one row per currency and rate type. #}
{% macro missing_rates(rates) %}
    select
        currency,
        rate_type,
        min(charge_date) as first_day,
        count(distinct charge_date) as days
    from {{ rates }}
    where rate is null
    group by currency, rate_type
{% endmacro %}


{#
    Stops what is being built where a rate is missing, in words: a failed test alone would only give a number.
    rates   int_exchange_rates__used
#}
{% macro stop_where_a_rate_is_missing(rates) %}
    {% if execute and flags.INTROSPECT and flags.WHICH in ('build', 'run', 'test') %}
        {% set mends = {
            'daily': 'add it to seeds/finance/exchange_rates.csv, or load published rates (python -m ingestion run ecb)',
            'month_average': 'add the average of the month to seeds/finance/exchange_rates.csv',
            'invoice': 'add the rate of the invoice of that billing period to seeds/finance/exchange_rates.csv',
        } %}
        {% set said = [] %}
        {% for row in run_query(apportion.missing_rates(rates) ~ ' order by first_day, currency') %}
            {% do said.append(
                row[0] ~ ' has no ' ~ row[1] ~ ' exchange rate into ' ~ var('reporting_currency') ~ ' from '
                ~ row[2] ~ ' on (' ~ row[3] ~ ' days); ' ~ mends.get(row[1], 'mend rate_type in billing_accounts.csv')
            ) %}
        {% endfor %}
        {% if said %}
            {% do exceptions.raise_compiler_error(said | join('\n')) %}
        {% endif %}
    {% endif %}
{% endmacro %}
