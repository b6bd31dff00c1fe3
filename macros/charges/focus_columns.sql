{#
    The columns of FOCUS Cost and Usage 1.0 to 1.4: [id, our name, kind, introduced, removed], in FOCUS's
    order (by id). kind is text, number (money()), time or json (text). Facts of the specification,
    (c) FinOps Foundation, CC BY 4.0; ingestion/sources/focus/columns.csv holds more of them, and a test
    compares the two.
#}
{% macro focus_columns() %}
    {{ return([
        ['AllocatedMethodDetails', 'allocated_method_details', 'json', '1.3', ''],
        ['AllocatedMethodId', 'allocated_method_id', 'text', '1.3', ''],
        ['AllocatedResourceId', 'allocated_resource_id', 'text', '1.3', ''],
        ['AllocatedResourceName', 'allocated_resource_name', 'text', '1.3', ''],
        ['AllocatedTags', 'allocated_tags', 'json', '1.3', ''],
        ['AvailabilityZone', 'availability_zone', 'text', '0.5', ''],
        ['BilledCost', 'billed_cost', 'number', '0.5', ''],
        ['BillingAccountId', 'billing_account_id', 'text', '0.5', ''],
        ['BillingAccountName', 'billing_account_name', 'text', '0.5', ''],
        ['BillingAccountType', 'billing_account_type', 'text', '1.2', ''],
        ['BillingCurrency', 'billing_currency', 'text', '0.5', ''],
        ['BillingPeriodEnd', 'billing_period_end', 'time', '0.5', ''],
        ['BillingPeriodStart', 'billing_period_start', 'time', '0.5', ''],
        ['CapacityReservationId', 'capacity_reservation_id', 'text', '1.1', ''],
        ['CapacityReservationStatus', 'capacity_reservation_status', 'text', '1.1', ''],
        ['ChargeCategory', 'charge_category', 'text', '0.5', ''],
        ['ChargeClass', 'charge_class', 'text', '1.0', ''],
        ['ChargeDescription', 'charge_description', 'text', '1.0-preview', ''],
        ['ChargeFrequency', 'charge_frequency', 'text', '1.0-preview', ''],
        ['ChargePeriodEnd', 'charge_period_end', 'time', '0.5', ''],
        ['ChargePeriodStart', 'charge_period_start', 'time', '0.5', ''],
        ['CommitmentDiscountCategory', 'commitment_discount_category', 'text', '1.0-preview', ''],
        ['CommitmentDiscountId', 'commitment_discount_id', 'text', '1.0-preview', ''],
        ['CommitmentDiscountName', 'commitment_discount_name', 'text', '1.0-preview', ''],
        ['CommitmentDiscountQuantity', 'commitment_discount_quantity', 'number', '1.1', ''],
        ['CommitmentDiscountStatus', 'commitment_discount_status', 'text', '1.0', ''],
        ['CommitmentDiscountType', 'commitment_discount_type', 'text', '1.0-preview', ''],
        ['CommitmentDiscountUnit', 'commitment_discount_unit', 'text', '1.1', ''],
        ['CommitmentProgramEligibilityDetails', 'commitment_program_eligibility_details', 'json', '1.4', ''],
        ['ConsumedQuantity', 'consumed_quantity', 'number', '1.0', ''],
        ['ConsumedUnit', 'consumed_unit', 'text', '1.0', ''],
        ['ContractApplied', 'contract_applied', 'json', '1.3', ''],
        ['ContractedCost', 'contracted_cost', 'number', '1.0', ''],
        ['ContractedUnitPrice', 'contracted_unit_price', 'number', '1.0', ''],
        ['EffectiveCost', 'effective_cost', 'number', '0.5', ''],
        ['HostProviderName', 'host_provider_name', 'text', '1.3', ''],
        ['InvoiceDetailId', 'invoice_detail_id', 'text', '1.4', ''],
        ['InvoiceId', 'invoice_id', 'text', '1.2', ''],
        ['InvoiceIssuerName', 'invoice_issuer_name', 'text', '0.5', ''],
        ['ListCost', 'list_cost', 'number', '1.0-preview', ''],
        ['ListUnitPrice', 'list_unit_price', 'number', '1.0-preview', ''],
        ['PricingCategory', 'pricing_category', 'text', '1.0-preview', ''],
        ['PricingCurrency', 'pricing_currency', 'text', '1.2', ''],
        ['PricingCurrencyContractedUnitPrice', 'pricing_currency_contracted_unit_price', 'number', '1.2', ''],
        ['PricingCurrencyEffectiveCost', 'pricing_currency_effective_cost', 'number', '1.2', ''],
        ['PricingCurrencyListUnitPrice', 'pricing_currency_list_unit_price', 'number', '1.2', ''],
        ['PricingQuantity', 'pricing_quantity', 'number', '1.0-preview', ''],
        ['PricingUnit', 'pricing_unit', 'text', '1.0-preview', ''],
        ['ProviderName', 'provider_name', 'text', '0.5', '1.4'],
        ['PublisherName', 'publisher_name', 'text', '0.5', '1.4'],
        ['RegionId', 'region_id', 'text', '1.0', ''],
        ['RegionName', 'region_name', 'text', '1.0', ''],
        ['ResourceId', 'resource_id', 'text', '0.5', ''],
        ['ResourceName', 'resource_name', 'text', '0.5', ''],
        ['ResourceType', 'resource_type', 'text', '1.0-preview', ''],
        ['ServiceCategory', 'service_category', 'text', '0.5', ''],
        ['ServiceName', 'service_name', 'text', '0.5', ''],
        ['ServiceProviderName', 'service_provider_name', 'text', '1.3', ''],
        ['ServiceSubcategory', 'service_subcategory', 'text', '1.1', ''],
        ['SkuId', 'sku_id', 'text', '1.0-preview', ''],
        ['SkuMeter', 'sku_meter', 'text', '1.1', ''],
        ['SkuPriceDetails', 'sku_price_details', 'json', '1.1', ''],
        ['SkuPriceId', 'sku_price_id', 'text', '1.0-preview', ''],
        ['SubAccountId', 'sub_account_id', 'text', '0.5', ''],
        ['SubAccountName', 'sub_account_name', 'text', '0.5', ''],
        ['SubAccountType', 'sub_account_type', 'text', '1.2', ''],
        ['Tags', 'tags', 'json', '1.0-preview', ''],
    ]) }}
{% endmacro %}


{#
    The columns of one version, in order.
    version   '1.3' or '1.4'
#}
{% macro focus_columns_of(version) %}
    {% set columns = [] %}
    {% for column in apportion.focus_columns() %}
        {% if column[3].split('-')[0] <= version and (not column[4] or column[4] > version) %}
            {% do columns.append(column) %}
        {% endif %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
