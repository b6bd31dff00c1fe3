{# A payment is no usage. #}
{{ apportion.no_rows(apportion.usage_columns()) }}
