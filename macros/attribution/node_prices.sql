{#
    What an hour of a core, of a GiB of memory or storage, or of a graphics processor weighs, by vars.node_prices.
    what   core_hour, gib_hour, gpu_hour or storage_gib_hour
#}
{% macro node_price(what) -%}
    cast({{ apportion.text_literal(var('node_prices')[what]) }} as {{ apportion.money() }})
{%- endmacro %}

{# A text that is another one where the prices are. #}
{% macro node_price_version() -%}
    {{ return(local_md5(tojson(var('node_prices'), sort_keys=true))) }}
{%- endmacro %}

{# Condition on rows of a model that were weighed by the present prices. #}
{% macro is_current_node_price() -%}
    price_version = '{{ apportion.node_price_version() }}'
{%- endmacro %}
