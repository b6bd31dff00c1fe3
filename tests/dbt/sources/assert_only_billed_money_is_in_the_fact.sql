{# Estimates of gateways and tools, and usage at our price book, are other kinds of money. #}
select x_source, cost_basis, count(*) as lines
from {{ ref('fct_charges') }}
where cost_basis is distinct from 'billed'
group by x_source, cost_basis
