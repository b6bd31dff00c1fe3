{% set drivers = [
    ['ai_tokens', 'counted_quantity', "token_class like 'input%' or token_class like 'output%' or token_class like 'cache%'"],
    ['ai_requests', 'counted_quantity', "token_class = 'requests'"],
    ['ai_rated_cost', 'counted_rated_cost', "price_status = 'priced'"],
] %}

{{ apportion.usage_drivers(drivers) }}
