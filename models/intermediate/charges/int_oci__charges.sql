{#
    A tenancy is our billing account, a compartment the sub account, the part number the SKU. What is billed holds the
    overage: its share tells what was beyond the commitment, and is never added. A correction is a line of its own that
    points back at the line which it corrects; both count. Credits of Oracle come as negative costs of usage.
    What has no price that explains its cost is priced by the unit of its currency.
#}
{% set money = apportion.money() %}

with

lines as (

    select
        stg.*,
        coalesce(
            (billed_quantity > 0 and my_cost >= 0) or (billed_quantity < 0 and my_cost <= 0)
                or (billed_quantity = 0 and my_cost = 0),
            false
        ) as is_counted,
        coalesce(nullif(product_sku, ''), nullif(description, ''), service) as sku,
        {#  1 GiB MONTHS STORAGE_SIZE #}
        coalesce(nullif(sku_unit_description, ''), nullif(billing_unit_readable, ''), 'Units') as unit,
        {{ apportion.period_start('month', 'charge_date') }} as month_start
    from {{ ref('stg_oci__cost_report') }} as stg

),

priced as (

    select
        lines.*,
        cast(case
            when not is_counted then 1
            when billed_quantity = 0 then 0
            else {{ apportion.ratio('my_cost', 'billed_quantity') }}
        end as {{ money }}) as price,
        case when is_counted then billed_quantity else my_cost end as pricing_quantity,
        case when is_counted then unit else currency_code end as pricing_unit
    from lines

),

charges as (

    select
        charge_date,
        'billed' as cost_basis,
        'oci' as x_source,
        {{ dbt.concat(["'oci:'", 'line_id']) }} as x_charge_id,
        nullif(availability_domain, '') as availability_zone,
        my_cost as billed_cost,
        tenant_id as billing_account_id,
        tenant_id as billing_account_name,
        'Tenancy' as billing_account_type,
        currency_code as billing_currency,
        cast({{ dbt.dateadd('month', 1, 'month_start') }} as {{ dbt.type_timestamp() }}) as billing_period_end,
        cast(month_start as {{ dbt.type_timestamp() }}) as billing_period_start,
        'Usage' as charge_category,
        case when is_correction then 'Correction' end as charge_class,
        {{ dbt.concat([
            "coalesce(nullif(description, ''), service)",
            "case when is_correction then coalesce(', corrects line ' || nullif(backreference_no, ''), '') else '' end",
        ]) }} as charge_description,
        'Usage-Based' as charge_frequency,
        coalesce(
            interval_usage_end, cast({{ apportion.days_after('charge_date', 1) }} as {{ dbt.type_timestamp() }})
        ) as charge_period_end,
        interval_usage_start as charge_period_start,
        billed_quantity as consumed_quantity,
        case when billed_quantity is not null then unit end as consumed_unit,
        my_cost as contracted_cost,
        price as contracted_unit_price,
        my_cost as effective_cost,
        'Oracle' as host_provider_name,
        'Oracle' as invoice_issuer_name,
        my_cost as list_cost,
        price as list_unit_price,
        'Standard' as pricing_category,
        currency_code as pricing_currency,
        price as pricing_currency_contracted_unit_price,
        my_cost as pricing_currency_effective_cost,
        price as pricing_currency_list_unit_price,
        pricing_quantity,
        pricing_unit,
        'Oracle' as provider_name,
        'Oracle' as publisher_name,
        nullif(region, '') as region_id,
        nullif(region, '') as region_name,
        nullif(resource_id, '') as resource_id,
        {#  ocid1.instance.oc1.eu-frankfurt-1.<id>; a service without resources of its own writes a word. #}
        case
            when nullif(resource_id, '') is null then null
            when resource_id like 'ocid1.%' then {{ dbt.split_part('resource_id', "'.'", 2) }}
            else lower(service)
        end as resource_type,
        {{ apportion.oci_service('service', 'category') }} as service_category,
        service as service_name,
        'Oracle' as service_provider_name,
        {{ apportion.oci_service('service', 'subcategory') }} as service_subcategory,
        sku as sku_id,
        coalesce(nullif(description, ''), sku) as sku_meter,
        sku as sku_price_id,
        nullif(compartment_id, '') as sub_account_id,
        case when nullif(compartment_id, '') is not null then coalesce(nullif(compartment_name, ''), compartment_id) end
            as sub_account_name,
        case when nullif(compartment_id, '') is not null then 'Compartment' end as sub_account_type,
        tags
    from priced

),

final as (

    {{ apportion.charges_from(relation='charges', values=[
        'charge_date', 'cost_basis', 'x_source', 'x_charge_id', 'availability_zone', 'billed_cost', 'billing_account_id',
        'billing_account_name', 'billing_account_type', 'billing_currency', 'billing_period_end', 'billing_period_start',
        'charge_category', 'charge_class', 'charge_description', 'charge_frequency', 'charge_period_end',
        'charge_period_start', 'consumed_quantity', 'consumed_unit', 'contracted_cost', 'contracted_unit_price',
        'effective_cost', 'host_provider_name', 'invoice_issuer_name', 'list_cost', 'list_unit_price', 'pricing_category',
        'pricing_currency', 'pricing_currency_contracted_unit_price', 'pricing_currency_effective_cost',
        'pricing_currency_list_unit_price', 'pricing_quantity', 'pricing_unit', 'provider_name', 'publisher_name',
        'region_id', 'region_name', 'resource_id', 'resource_type', 'service_category', 'service_name',
        'service_provider_name', 'service_subcategory', 'sku_id', 'sku_meter', 'sku_price_id', 'sub_account_id',
        'sub_account_name', 'sub_account_type', 'tags',
    ]) }}

)

select * from final
