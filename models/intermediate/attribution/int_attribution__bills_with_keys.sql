{# A table, since int_attribution__claims asks it of each way to a bill: as a CTE it would read the fact anew for each. #}
select distinct
    x_source,
    billing_account_id
from {{ ref('int_attribution__lines') }}
where api_key_id is not null
