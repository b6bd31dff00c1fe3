{# Attributes that a pool's `per` may name, with the column of costs and drivers that holds each. #}
{% macro partitions() %}
    {{ return({
        'environment': 'environment', 'customer': 'customer', 'provider': 'provider_name',
        'billing_account': 'billing_account_id', 'sub_account': 'sub_account_id', 'service': 'service_name',
        'model': 'model',
    }) }}
{% endmacro %}

{# Their columns, which every driver has; null where a driver does not know. #}
{% macro partition_columns() %}
    {{ return(apportion.partitions().values() | list) }}
{% endmacro %}

{# The value of a row within which weights are taken; '' where the pool has no `per` or the row no value. #}
{% macro partition_value(per, relation) -%}
    coalesce(
        case {{ apportion.normalised(per) }}
            {%- for name, column in apportion.partitions().items() %}
            when '{{ name }}' then {{ relation }}.{{ column }}
            {%- endfor %}
        end,
        ''
    )
{%- endmacro %}

{# What a row with owner columns counts for: its feature, else its team, else its product; else null. #}
{% macro owner_type(relation) -%}
    case
        {%- for tag in ['feature', 'team', 'product'] %}
        when {{ relation }}.{{ tag }} not in ('Unallocated', 'Prepaid') then '{{ tag }}'
        {%- endfor %}
    end
{%- endmacro %}

{# The name that goes with owner_type(). #}
{% macro owner_name(relation) -%}
    case
        {%- for tag in ['feature', 'team', 'product'] %}
        when {{ relation }}.{{ tag }} not in ('Unallocated', 'Prepaid') then {{ relation }}.{{ tag }}
        {%- endfor %}
    end
{%- endmacro %}

{# The tag whose seed knows the targets of a type. #}
{% macro owner_tag(target_type) -%}
    case when {{ apportion.normalised(target_type) }} = 'pool' then 'shared_pool' else {{ apportion.normalised(target_type) }} end
{%- endmacro %}
