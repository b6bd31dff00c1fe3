{# Every line that telemetry split is whole again in its parts, in all four costs. #}
select
    charges.x_charge_id,
    max(charges.billed_cost) as billed_cost,
    sum(parts.billed_cost) as parts_billed_cost
from {{ ref('fct_attributed_charges') }} as parts
inner join {{ ref('fct_charges') }} as charges
    on parts.x_charge_id = charges.x_charge_id
group by charges.x_charge_id
having
    {%- for cost in apportion.cost_columns() %}
    {{ 'or ' if not loop.first }}sum(parts.{{ cost }}) <> max(charges.{{ cost }})
    {%- endfor %}
