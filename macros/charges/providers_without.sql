{#
    The providers whose int_<provider>__<kind> is no_<kind>() and so never has rows, as text literals.
    kind   charges, usage
#}
{% macro providers_without(kind) %}
    {% set found = [] %}
    {% if execute %}
        {# Unit tests know no graph. #}
        {% for node in graph.get("nodes", {}).values() %}
            {% if node.resource_type == 'model' and 'macro.apportion.no_' ~ kind in node.depends_on.macros %}
                {% do found.append(node.name[4:] | replace('__' ~ kind, '')) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {{ return(found | sort) }}
{% endmacro %}


{# Whether a source of `days` bills lines at all. Telemetry that comes with a provider is a source, and bills none. #}
{% macro may_bill() -%}
    {% set literals = [] -%}
    {% for provider in var('providers') | reject('in', apportion.providers_without('charges')) -%}
        {% do literals.append(apportion.text_literal(provider)) -%}
    {% endfor -%}
    {{ return('days.provider in (' ~ literals | join(', ') ~ ')' if literals else 'false') }}
{%- endmacro %}


{# Whether a source of `days` tells usage. #}
{% macro may_tell_usage() -%}
    {% set literals = [] -%}
    {% for provider in apportion.providers_without('usage') -%}
        {% do literals.append(apportion.text_literal(provider)) -%}
    {% endfor -%}
    {{ return('days.provider not in (' ~ literals | join(', ') ~ ')' if literals else 'true') }}
{%- endmacro %}


{# Whether a source of `days` is this one. #}
{% macro is_source(provider) -%}
    days.provider = {{ apportion.text_literal(provider) }}
{%- endmacro %}
