{# The expression is true in every row; unknown is not true. #}
{% test is_true(model, expression) %}
    select * from {{ model }}
    where ({{ expression }}) is distinct from true
{% endtest %}
