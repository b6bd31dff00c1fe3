{#
    Who called on AWS, of an ARN: a role without the name of its session, which is often another for every process,
    so that a role is one caller; a session that names a person by e-mail stays.
#}
{% macro aws_caller(arn) -%}
    case
        when {{ arn }} like '%:assumed-role/%/%' and {{ arn }} not like '%@%'
            then {{ dbt.concat([dbt.split_part(arn, "'/'", 1), "'/'", dbt.split_part(arn, "'/'", 2)]) }}
        else {{ arn }}
    end
{%- endmacro %}
