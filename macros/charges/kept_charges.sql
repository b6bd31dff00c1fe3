{#
    Bills that people keep, in seeds or in files of the documented shape, as charges: one line as it stands there.
    lines   relation with charge_date, x_charge_id, provider, billing_account, service, service_category,
            service_subcategory, sub_account, resource, resource_type, sku, description, tags, invoice_id, currency,
            charge_category, charge_frequency, billed_cost, effective_cost, period_start and period_end (dates, the
            second not included)
    source  its x_source

    Nothing is known of quantities and prices, so a line is priced by the unit of its currency. List and contracted cost
    are what was billed; where the billed cost stands on another line, they stand there too.
#}
{% macro kept_charges(lines, source) %}
    {% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
    {% set further = [
        'effective_cost', 'pricing_currency_effective_cost', 'service_category', 'service_subcategory',
        'charge_frequency', 'charge_period_start', 'charge_period_end', 'invoice_id', 'resource_id', 'resource_name',
        'resource_type', 'tags',
    ] %}
    {% set charges %}(
        select
            charge_date,
            'billed' as cost_basis,
            '{{ source }}' as x_source,
            x_charge_id,
            billed_cost,
            effective_cost,
            effective_cost as pricing_currency_effective_cost,
            {#  FOCUS wants an account; who keeps none has one with the vendor. #}
            coalesce(billing_account, provider) as billing_account_id,
            coalesce(billing_account, provider) as billing_account_name,
            'Account' as billing_account_type,
            currency as billing_currency,
            charge_category,
            charge_frequency,
            coalesce(description, service) as charge_description,
            cast(period_start as {{ dbt.type_timestamp() }}) as charge_period_start,
            cast(period_end as {{ dbt.type_timestamp() }}) as charge_period_end,
            cast(null as {{ apportion.money() }}) as consumed_quantity,
            {{ nothing }} as consumed_unit,
            provider as service_provider_name,
            service as service_name,
            coalesce(service_category, 'Other') as service_category,
            coalesce(
                service_subcategory,
                {{ dbt.concat(["'Other ('", "coalesce(service_category, 'Other')", "')'"]) }}
            ) as service_subcategory,
            coalesce(sku, service) as sku_id,
            coalesce(sku, service) as sku_meter,
            sub_account as sub_account_id,
            sub_account as sub_account_name,
            resource as resource_id,
            resource as resource_name,
            case when resource is not null then coalesce(resource_type, 'Resource') end as resource_type,
            tags,
            invoice_id,
            {%- for column in apportion.call_columns() %}
            {{ nothing }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ lines }} as kept
    ){% endset %}
    select
        {%- for column in apportion.charge_columns() %}
        {{ apportion.unless_tax(column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ apportion.api_charges(charges, sub_account_type='Sub Account', also=further) }}
    ) as priced
{% endmacro %}

{#
    How often a charge comes, where nobody says: FOCUS lets no purchase be usage-based.
    charge_category   SQL
#}
{% macro kept_frequency(charge_category) -%}
    case {{ charge_category }} when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end
{%- endmacro %}
