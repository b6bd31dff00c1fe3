{#
    An enabled provider whose tables were never loaded builds as empty. A warning, since a project may be set up
    before its first load; it is an error where the provider is billed already. What people keep in seeds is never loaded,
    and seeds may be empty.
#}
{{ config(severity='warn') }}
{% set seeds = apportion.providers_marked('seed_fed') %}
{% for provider in var('providers') if apportion.text_literal(provider) not in seeds %}
{#  BigQuery wants a FROM before a WHERE. #}
select '{{ provider }}' as provider
from (select 1 as nothing) as one_row
where not exists (select 1 from {{ ref('int_charges__changed_days') }} as days where days.provider = '{{ provider }}')
{{ 'union all' if not loop.last }}
{% endfor %}
