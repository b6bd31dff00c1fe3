{#
    Datadog bills months: a charge covers its month, a running one the days that are over, and int_costs__daily spreads
    it over them evenly. A product is the service's SKU; its charge type says how it is priced.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}

with

costs as (

    select * from {{ ref('stg_datadog__costs') }}
    where amount <> 0

),

charges as (

    select
        charge_date,
        'billed' as cost_basis,
        'datadog' as x_source,
        {{ dbt.concat(["'datadog:'", 'line_id']) }} as x_charge_id,
        amount as billed_cost,
        {#  The API is of one parent organization and does not name it; its sub-organizations are told apart. #}
        'datadog' as billing_account_id,
        'Datadog account' as billing_account_name,
        'Account' as billing_account_type,
        currency as billing_currency,
        'Usage' as charge_category,
        {{ dbt.concat(['product_name', "', '", 'charge_type', "case when is_final then '' else ', estimated' end"]) }}
            as charge_description,
        cast({{ dbt.dateadd('day', 1, 'accrued_until') }} as {{ dbt.type_timestamp() }}) as charge_period_end,
        case when charge_type = 'committed' then 'Recurring' else 'Usage-Based' end as charge_frequency,
        'Management and Governance' as service_category,
        'Observability' as service_subcategory,
        cast(null as {{ apportion.money() }}) as consumed_quantity,
        {{ nothing }} as consumed_unit,
        'Datadog' as service_provider_name,
        'Datadog' as service_name,
        product_name as sku_id,
        charge_type as sku_meter,
        organization_id as sub_account_id,
        organization_name as sub_account_name,
        {%- for column in [
            'x_model', 'x_service_tier', 'x_context_tier', 'x_region_scope', 'x_token_class', 'x_api_key_id',
            'x_api_key_name', 'x_principal',
        ] %}
        {{ nothing }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from costs

),

final as (

    {{ apportion.api_charges('charges', sub_account_type='Organization', also=[
        'charge_period_end', 'charge_frequency', 'service_category', 'service_subcategory',
    ]) }}

)

select * from final
