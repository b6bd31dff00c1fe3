{#
    The sources that tell what ran on Kubernetes nodes: those of vars.node_sources that are enabled, in that order, which
    is their rank. A source joins in with three models and its name in the variable:
      int_<source>__allocations    what ran on each node of a day, or used a volume, and what it
                                   weighs (the columns of allocation_columns())
      stg_<source>__cluster_hours  the hours of a day in which a cluster told anything
      stg_<source>__days_read      the days that were asked for, or that its files reach over
#}
{% macro node_sources() -%}
    {{ return(var('node_sources') | select('in', var('providers')) | list) }}
{%- endmacro %}

{# The columns of int_<source>__allocations, in order. #}
{% macro allocation_columns() -%}
    {{ return(['asset', 'charge_date', 'cluster', 'node', 'provider_id', 'kind', 'idle_basis', 'namespace', 'controller_kind',
        'controller', 'labels', 'started_at', 'ended_at', 'node_cost']) }}
{%- endmacro %}

{#
    One select over a model of each node source, which it names in telemetry_source.
    layer, kind   of the model's name: <layer>_<source>__<kind>
    columns       names that all of them have
#}
{% macro union_node_sources(layer, kind, columns) -%}
    {%- for source in apportion.node_sources() %}
    select
        {{ apportion.text_literal(source) }} as telemetry_source,
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(layer ~ '_' ~ source ~ '__' ~ kind) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
