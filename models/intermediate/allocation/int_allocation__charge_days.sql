{# For explanations and exports; nothing is stored, so ask for some lines only. #}
{{ apportion.charge_days(ref('fct_charges')) }}
