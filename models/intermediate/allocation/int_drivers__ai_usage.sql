{% set drivers = [
    ['ai_tokens', 'quantity', "token_class like 'input%' or token_class like 'output%' or token_class like 'cache%'"],
    ['ai_requests', 'quantity', "token_class = 'requests'"],
    ['ai_rated_cost', 'rated_cost', "price_status = 'priced'"],
] %}

{{ apportion.usage_drivers(drivers) }}
