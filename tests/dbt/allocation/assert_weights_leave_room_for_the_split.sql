{# The split needs totals below 10^28; a driver in too small a unit would pass it. #}
select pool_rule as weighed, 'pool' as kind, charge_date as on_day, sum(weight) as total_weight
from {{ ref('int_allocation__weights') }}
group by pool_rule, charge_date, partition_value
having sum(weight) >= {{ apportion.one_in_units() }} * 10000000000
union all
select 0 as weighed, 'follow' as kind, line_billing_period as on_day, sum(weight) as total_weight
from {{ ref('int_allocation__follow_weights') }}
group by line_provider, line_billing_account, line_billing_period, line_sub_account, line_service
having sum(weight) >= {{ apportion.one_in_units() }} * 10000000000
