{#
    A subscription is our sub account, the meter is the SKU, the meter's category is the service. Azure's prices are in
    the pricing currency and its costs in the billing currency.
    A quantity counts single units, or blocks of them ("10K", "100 Hours"): only the price tells, since quantity times
    price is the cost. Where the price of one is near the list price of a block, the row counts blocks.
    What has no price that explains its cost is priced by the unit of its currency.
#}
{% set is_near_price_of_block = 'unit_block > 1 and effective_price > 0'
    ~ ' and effective_price * unit_block * 20 > coalesce(nullif(unit_price, 0), pay_g_price) * 21' %}
{% set money = apportion.money() %}

with

lines as (

    select
        lines.*,
        {{ apportion.azure_charge_category('charge_type') }} as charge_category,
        {{ apportion.azure_unit_block('unit_of_measure') }} as known_block,
        coalesce({{ apportion.azure_unit_name('unit_of_measure') }}, 'Units') as unit_name,
        coalesce(exchange_rate_pricing_to_billing, 1) as rate,
        coalesce(lower(charge_type) like 'unused%', false) as is_unused,
        coalesce(
            nullif(meter_category, ''),
            case
                when commitment_type = 'Savings Plan' then 'Savings Plans'
                when commitment_type = 'Reservation' then 'Reservations'
                when lower(publisher_type) like '%marketplace%' then 'Marketplace'
                when lower(charge_type) in ('tax', 'credit') then {{ dbt.concat(["'Azure '", 'lower(charge_type)']) }}
            end,
            'Azure'
        ) as service
    from {{ ref('int_azure__lines') }} as lines
    where not is_billed_elsewhere

),

blocked as (

    select
        lines.*,
        coalesce(known_block, 1) as unit_block
    from lines

),

counted as (

    select
        blocked.*,
        cast(case
            when {{ is_near_price_of_block }} then quantity
            else {{ apportion.divided_by_block('quantity', 'unit_block') }}
        end as {{ money }}) as blocks,
        cast(case
            when {{ is_near_price_of_block }} then quantity * unit_block
            else quantity
        end as {{ money }}) as units,
        {#  What a row bought: nothing but what it covers, so nothing is without a SKU. #}
        case
            when charge_category in ('Usage', 'Purchase')
                then coalesce(meter_id, product_id, part_number, product_name, meter_name, service)
            when charge_category <> 'Tax' then coalesce(meter_id, product_id, part_number)
        end as sku
    from blocked

),

{#  A price of 0 is none: marketplace and some reservation rows have no list price. #}
at_list as (

    select
        counted.*,
        case when pay_g_price > 0 then {{ apportion.product_of('pay_g_price', 'blocks') }} end as list_at_price,
        case when unit_price > 0 and is_covered then {{ apportion.product_of('unit_price', 'blocks') }} end
            as contracted_at_price
    from counted

),

costed as (

    select
        at_list.*,
        case
            when is_covered and not is_unused
                then coalesce(
                    {{ apportion.product_of('contracted_at_price', 'rate') }},
                    nullif(payg_cost_in_billing_currency, 0),
                    {{ apportion.product_of('list_at_price', 'rate') }},
                    effective_cost
                )
            when is_unused then effective_cost
            else billed_cost
        end as contracted_cost,
        case
            when is_usage and not is_unused
                then coalesce(
                    nullif(payg_cost_in_billing_currency, 0), {{ apportion.product_of('list_at_price', 'rate') }}
                )
        end as list_cost
    from at_list

),

{#  A list price below zero or of another sign than the cost is no price. #}
signed as (

    select
        costed.*,
        case
            when list_cost >= 0 and contracted_cost >= 0 and blocks > 0 then list_cost
            when list_cost <= 0 and contracted_cost <= 0 and blocks < 0 then list_cost
            else contracted_cost
        end as signed_list_cost,
        coalesce(
            (blocks > 0 and contracted_cost >= 0) or (blocks < 0 and contracted_cost <= 0)
                or (blocks = 0 and contracted_cost = 0),
            false
        ) as is_counted
    from costed

),

priced as (

    select
        signed.*,
        case when is_counted then blocks else contracted_cost end as pricing_quantity,
        {#  "10K" is 10000 Units to FOCUS; what does not begin with a count stays as it is written. #}
        case
            when not is_counted then billing_currency
            when unit_block > 1
                then {{ dbt.concat(['cast(unit_block as ' ~ dbt.type_string() ~ ')', "' '", 'unit_name']) }}
            else unit_name
        end as pricing_unit,
        cast(case
            when not is_counted then 1
            when blocks = 0 then 0
            else {{ apportion.ratio('contracted_cost', 'blocks') }}
        end as {{ money }}) as contracted_unit_price,
        cast(case
            when not is_counted then 1
            when blocks = 0 then 0
            else {{ apportion.ratio('signed_list_cost', 'blocks') }}
        end as {{ money }}) as list_unit_price
    from signed

),

{#  A commitment is told of where it is one to FOCUS: bought to cover, covering, or unused. #}
committed as (

    select
        priced.*,
        case
            when charge_category in ('Usage', 'Purchase') and commitment_id is not null
                and not (is_commitment_purchase and not is_amortized_month)
                then commitment_id
        end as commitment,
        cast(coalesce(billing_period, {{ apportion.period_start('month', 'charge_date') }}) as date) as month_start,
        case
            when charge_category = 'Purchase' and service_period_end_date > charge_date then service_period_end_date
            else charge_date
        end as last_day
    from priced

),

named as (

    select
        committed.*,
        case
            when commitment is not null and (is_unused or is_commitment_purchase) then commitment
            else nullif(resource_id, '')
        end as resource,
        {{ dbt.split_part('resource_id', "'/providers/'", 2) }} as resource_path
    from committed

),

charges as (

    select
        charge_date,
        'billed' as cost_basis,
        'azure' as x_source,
        {{ dbt.concat(["'azure:'", 'line_id']) }} as x_charge_id,
        nullif(availability_zone, '') as availability_zone,
        billed_cost,
        billing_account_id,
        coalesce(billing_account_name, billing_account_id) as billing_account_name,
        'Billing Account' as billing_account_type,
        billing_currency,
        {#  Azure's last day is the period's. #}
        cast(coalesce(
            {{ apportion.days_after('billing_period_end_date', 1) }},
            cast({{ dbt.dateadd('month', 1, 'month_start') }} as date)
        ) as {{ dbt.type_timestamp() }}) as billing_period_end,
        cast(month_start as {{ dbt.type_timestamp() }}) as billing_period_start,
        charge_category,
        case when lower(charge_type) = 'refund' then 'Correction' end as charge_class,
        {{ dbt.concat([
            'coalesce(product_name, meter_name, charge_type, service)',
            "case when is_commitment_purchase and not is_amortized_month then ', not amortized' else '' end",
            "coalesce(', moved by cost allocation rule ' || nullif(cost_allocation_rule_name, ''), '')",
        ]) }} as charge_description,
        {{ apportion.azure_charge_frequency('frequency') }} as charge_frequency,
        {#  What was bought for several days is spread over them, where nothing else says what it was used for. #}
        cast({{ apportion.days_after('last_day', 1) }} as {{ dbt.type_timestamp() }}) as charge_period_end,
        cast(charge_date as {{ dbt.type_timestamp() }}) as charge_period_start,
        case when commitment is not null then case when commitment_type = 'Savings Plan' then 'Spend' else 'Usage' end end
            as commitment_discount_category,
        commitment as commitment_discount_id,
        case when commitment is not null then commitment_name end as commitment_discount_name,
        {#  Hours of what was reserved: for a purchase those of its term. #}
        case
            when commitment is null then null
            when commitment_type = 'Savings Plan' and is_commitment_purchase then billed_cost
            when commitment_type = 'Savings Plan' then effective_cost
            when is_commitment_purchase
                then cast(quantity * 24 * ({{ dbt.datediff('charge_date', 'last_day', 'day') }} + 1) as {{ money }})
            else coalesce(units, 0)
        end as commitment_discount_quantity,
        case when commitment is not null and is_usage then case when is_unused then 'Unused' else 'Used' end end
            as commitment_discount_status,
        case when commitment is not null then commitment_type end as commitment_discount_type,
        case
            when commitment is null then null
            when commitment_type = 'Savings Plan' then billing_currency
            when quantity is not null or not is_commitment_purchase then 'Hours'
        end as commitment_discount_unit,
        case when charge_category = 'Usage' and not is_unused then units end as consumed_quantity,
        case
            when charge_category = 'Usage' and not is_unused and units is not null
                then unit_name
        end as consumed_unit,
        contracted_cost,
        case when sku is not null then contracted_unit_price end as contracted_unit_price,
        effective_cost,
        'Microsoft' as host_provider_name,
        nullif(invoice_id, '') as invoice_id,
        'Microsoft' as invoice_issuer_name,
        signed_list_cost as list_cost,
        case when sku is not null then list_unit_price end as list_unit_price,
        case
            when sku is null then null
            when is_covered then 'Committed'
            when lower(pricing_model) = 'spot' then 'Dynamic'
            else 'Standard'
        end as pricing_category,
        coalesce(pricing_currency, billing_currency) as pricing_currency,
        case when sku is not null then {{ apportion.ratio('contracted_unit_price', 'rate') }} end
            as pricing_currency_contracted_unit_price,
        case
            when effective_cost = 0 then 0
            else coalesce(cost_in_pricing_currency, {{ apportion.ratio('effective_cost', 'rate') }})
        end as pricing_currency_effective_cost,
        case when sku is not null then {{ apportion.ratio('list_unit_price', 'rate') }} end
            as pricing_currency_list_unit_price,
        case when sku is not null then pricing_quantity end as pricing_quantity,
        case when sku is not null then pricing_unit end as pricing_unit,
        'Microsoft' as provider_name,
        coalesce(nullif(publisher_name, ''), 'Microsoft') as publisher_name,
        nullif(lower(resource_location), '') as region_id,
        nullif(lower(resource_location), '') as region_name,
        resource as resource_id,
        case
            when resource is null then null
            when resource = commitment then coalesce(commitment_name, {{ apportion.last_part('resource') }})
            else coalesce(nullif(resource_name, ''), {{ apportion.last_part('resource') }})
        end as resource_name,
        {#  microsoft.compute/virtualmachines #}
        case
            when resource is null then null
            when resource = commitment then commitment_type
            when resource_path <> ''
                then {{ dbt.concat([dbt.split_part('resource_path', "'/'", 1), "'/'", dbt.split_part('resource_path', "'/'", 2)]) }}
            else coalesce(lower(consumed_service), 'resource')
        end as resource_type,
        {{ apportion.azure_service('service', 'category') }} as service_category,
        service as service_name,
        'Microsoft' as service_provider_name,
        {{ apportion.azure_service('service', 'subcategory') }} as service_subcategory,
        sku as sku_id,
        case when sku is not null then coalesce(meter_name, product_name, service) end as sku_meter,
        sku as sku_price_id,
        subscription_id as sub_account_id,
        case when subscription_id is not null then coalesce(subscription_name, subscription_id) end as sub_account_name,
        case when subscription_id is not null then 'Subscription' end as sub_account_type,
        {{ apportion.azure_tags('tags') }} as tags
    from named

),

final as (

    {{ apportion.charges_from(relation='charges', values=[
        'charge_date', 'cost_basis', 'x_source', 'x_charge_id', 'availability_zone', 'billed_cost', 'billing_account_id',
        'billing_account_name', 'billing_account_type', 'billing_currency', 'billing_period_end', 'billing_period_start',
        'charge_category', 'charge_class', 'charge_description', 'charge_frequency', 'charge_period_end',
        'charge_period_start', 'commitment_discount_category', 'commitment_discount_id', 'commitment_discount_name',
        'commitment_discount_quantity', 'commitment_discount_status', 'commitment_discount_type',
        'commitment_discount_unit', 'consumed_quantity', 'consumed_unit', 'contracted_cost', 'contracted_unit_price',
        'effective_cost', 'host_provider_name', 'invoice_id', 'invoice_issuer_name', 'list_cost', 'list_unit_price',
        'pricing_category', 'pricing_currency', 'pricing_currency_contracted_unit_price',
        'pricing_currency_effective_cost', 'pricing_currency_list_unit_price', 'pricing_quantity', 'pricing_unit',
        'provider_name', 'publisher_name', 'region_id', 'region_name', 'resource_id', 'resource_name', 'resource_type',
        'service_category', 'service_name', 'service_provider_name', 'service_subcategory', 'sku_id', 'sku_meter',
        'sku_price_id', 'sub_account_id', 'sub_account_name', 'sub_account_type', 'tags',
    ]) }}

)

select * from final
