{# Names the currency and its first day, and stops the build; add the rate to seeds/finance/exchange_rates.csv. #}
{% do apportion.stop_where_a_rate_is_missing(ref('int_exchange_rates__used')) %}
{{ apportion.missing_rates(ref('int_exchange_rates__used')) }}
