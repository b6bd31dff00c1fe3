{# Keys of twelve characters: two combinations that shared one would be taken for each other. #}
select
    'telemetry' as kind,
    telemetry_key as short_key
from {{ ref('int_usage__daily') }}
group by telemetry_key
having count(distinct {{ apportion.fields_as_one(apportion.telemetry_columns()) }}) > 1
union all
select
    'bill' as kind,
    bill_key as short_key
from {{ ref('int_attribution__lines') }}
group by bill_key
having count(distinct {{ apportion.fields_as_one([
    'x_source', 'provider', 'billing_account_id', 'sub_account_id', 'api_key_id', 'model', 'service_tier', 'context_tier',
    'region_scope', 'token_class', 'billing_currency',
]) }}) > 1
