{{ config(**apportion.seed_log()) }}
{% set fields = apportion.fields_as_one([
    'provider', 'billing_account', apportion.number_text('amount'), 'currency', 'invoice', 'note',
]) %}
{{ apportion.seed_changed_days(
    'prepaid', 'select charge_date, ' ~ fields ~ ' as row_text from ' ~ ref('stg_prepaid__topups')
) }}
