{#
    An account that becomes prepaid, or no longer is, changes what its usage is billed from that day on. This remembers
    when: int_charges__changed_days then has those days written again.
#}
{{ config(**apportion.seed_log()) }}
{% set fields = apportion.fields_as_one([
    'provider', 'billing_account', 'cast(valid_to as ' ~ dbt.type_string() ~ ')',
]) %}
{{ apportion.seed_changed_days(
    'prepaid',
    'select valid_from as charge_date, ' ~ fields ~ ' as row_text from ' ~ ref('int_accounts__dated')
    ~ " where payment = 'prepaid'"
) }}
