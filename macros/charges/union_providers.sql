{#
    One select over the models int_<provider>__<kind> of the enabled providers. It names its columns:
    `select *` unions by position and would swap money with what stands beside it.
    kind       charges, usage, changed_days
    columns    names that all of them have
    providers  default: vars.providers
#}
{% macro union_providers(kind, columns, providers=none) -%}
    {%- for provider in (providers if providers is not none else var('providers')) %}
    select
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_' ~ provider ~ '__' ~ kind) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
