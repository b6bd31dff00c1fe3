{{ apportion.azure_cost_details(
    'raw_azure',
    texts=['availability_zone', 'benefit_name', 'cost_allocation_rule_name', 'export_kind', 'meter_kind', 'product_id'],
    amounts=['cost_in_pricing_currency', 'exchange_rate_pricing_to_billing'],
) }}
