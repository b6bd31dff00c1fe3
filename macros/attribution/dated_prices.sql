{#
    Our prices, each with the day on which the next one puts an end to it: vendor, model (canonical), service_tier,
    token_class, currency, price_per_million, valid_from, valid_to.
#}
{% macro dated_prices() %}
    select
        {{ apportion.trimmed('vendor') }} as vendor,
        {{ apportion.trimmed('model') }} as model,
        {{ apportion.trimmed('service_tier') }} as service_tier,
        {{ apportion.trimmed('token_class') }} as token_class,
        {{ apportion.trimmed('currency') }} as currency,
        price_per_million,
        valid_from,
        lead(valid_from) over (
            partition by
                {{ apportion.trimmed('vendor') }}, {{ apportion.trimmed('model') }},
                {{ apportion.trimmed('service_tier') }}, {{ apportion.trimmed('token_class') }}
            order by valid_from
        ) as valid_to
    from {{ ref('model_prices') }}
{% endmacro %}
