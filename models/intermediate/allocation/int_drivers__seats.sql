{# Seats by day: held, and used. A pool that is divided by them follows people, not calls. #}
{% set drivers = [
    ['seats', 'quantity', "token_class = 'seats'"],
    ['active_seats', 'quantity', "token_class = 'active_seats'"],
] %}

{{ apportion.usage_drivers(drivers) }}
