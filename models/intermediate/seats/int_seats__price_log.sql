{#
    A price or an invoice of seat_prices.csv that changes changes the bills of its months. This remembers when:
    int_charges__changed_days then has the days of sources with seats written again.
#}
{{ config(**apportion.seed_log()) }}
{% set fields = apportion.fields_as_one([
    'provider', 'plan', apportion.number_text('price_per_month'), 'currency', 'invoiced_by',
]) %}
{{ apportion.seed_changed_days(
    'seats', 'select month_start as charge_date, ' ~ fields ~ ' as row_text from ' ~ ref('int_seats__monthly_prices')
) }}
