{{ config(materialized='table') }}

{{ apportion.match_rules(ref('int_ownership__tuples')) }}
