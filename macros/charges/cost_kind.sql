{#
    What kind of thing a cost was for, in the words of people who ask what a product costs. The first that holds:
      shared               it came through a pool, whatever was in it
      ai                   FOCUS service category AI and Machine Learning
      kubernetes           a part of a cluster's cost: the line was split over workloads
      databases, compute   FOCUS service category, whoever sells it
      storage and network  Storage, Networking
      saas                 a provider in vars.saas_providers, or Business Applications
      other                the rest: support, tax, security, analytics of a cloud
    costs      with pool, service_category and provider_name
    workload   the workload of its tuple, cluster/namespace/controller
#}
{% macro cost_kind(costs, workload) -%}
    {%- set saas = [] -%}
    {%- for provider in var('saas_providers') -%}
        {%- do saas.append(apportion.text_literal(provider)) -%}
    {%- endfor -%}
    case
        when {{ costs }}.pool is not null then 'shared'
        when {{ costs }}.service_category = 'AI and Machine Learning' then 'ai'
        when {{ workload }} is not null then 'kubernetes'
        when {{ costs }}.service_category = 'Databases' then 'databases'
        when {{ costs }}.service_category = 'Compute' then 'compute'
        when {{ costs }}.service_category in ('Storage', 'Networking') then 'storage and network'
        when {{ costs }}.service_category = 'Business Applications' then 'saas'
        {%- if saas %}
        when {{ costs }}.provider_name in ({{ saas | join(', ') }}) then 'saas'
        {%- endif %}
        else 'other'
    end
{%- endmacro %}

{# All that cost_kind() gives, in the order in which reports show them. #}
{% macro cost_kinds() %}
    {{ return(['ai', 'compute', 'kubernetes', 'databases', 'storage and network', 'saas', 'shared', 'other']) }}
{% endmacro %}
