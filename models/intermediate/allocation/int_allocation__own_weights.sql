{{ config(materialized='table') }}

{{ apportion.target_weights(ref('int_allocation__pool_days')) }}
