-- depends_on: {{ ref('virtual_tag_rules') }}
{{ config(materialized='table') }}

{{ apportion.match_rules(ref('int_ownership__tuples')) }}
