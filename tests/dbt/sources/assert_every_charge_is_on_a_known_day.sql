{# A charge outside of dim_dates cannot be owned; widen vars.first_date and vars.last_date. #}
select x_source, line_date, min(charge_date) as first_day, max(charge_date) as last_day
from {{ ref('int_costs__daily') }}
where charge_date < cast('{{ var("first_date") }}' as date)
    or charge_date > {{ apportion.days_after("cast('" ~ var('last_date') ~ "' as date)", -32) }}
group by x_source, line_date
