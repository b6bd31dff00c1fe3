select feature, valid_from from {{ ref('dim_features') }}
where team is null
