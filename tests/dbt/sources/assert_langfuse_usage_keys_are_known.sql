{# A usage key that nobody knows is a token class by its own name; add it to langfuse_usage_keys(), or it stays unpriced. #}
{{ config(severity='warn', enabled='langfuse' in var('providers')) }}
{% set known = ['total'] %}
{% for keys in apportion.langfuse_usage_keys().values() %}
    {% do known.extend(keys) %}
{% endfor %}
select usage_key, count(*) as observations, sum(quantity) as quantity
from {{ ref('stg_langfuse__usage_details') }}
where usage_key not in ('{{ known | join("', '") }}')
group by usage_key
