{# For explanations and exports; nothing is stored. #}
{{ apportion.charge_parts(ref('fct_charges')) }}
