{#
    Our reading of Azure's quantity: 412.7 of "1M" are 412.7 million tokens, at the price of a million. A row whose list
    price is a thousand times what its quantity cost counts something else, and its tokens would be too many.
#}
{{ config(enabled='azure_openai' in var('providers')) }}
select line_id, meter_name, unit_of_measure, quantity, pay_g_price, cost_in_billing_currency
from {{ ref('stg_azure_openai__cost_details') }}
where cost_in_billing_currency <> 0
    and pay_g_price > abs({{ apportion.ratio('cost_in_billing_currency', 'quantity') }}) * 1000
