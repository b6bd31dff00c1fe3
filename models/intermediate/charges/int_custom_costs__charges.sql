{# The shape of manual_charges.csv, from files. #}
with

lines as (

    select
        {{ dbt.concat(["'custom_costs:'", 'line_id']) }} as x_charge_id,
        charge_date,
        provider,
        billing_account,
        service,
        service_category,
        service_subcategory,
        sub_account,
        resource,
        cast(null as {{ dbt.type_string() }}) as resource_type,
        service as sku,
        description,
        tags,
        invoice_id,
        currency,
        coalesce(charge_category, 'Usage') as charge_category,
        {{ apportion.kept_frequency("coalesce(charge_category, 'Usage')") }} as charge_frequency,
        billed_cost,
        effective_cost,
        period_start,
        period_end
    from {{ ref('stg_custom_costs__custom_costs') }}

),

final as (

    {{ apportion.kept_charges('lines', 'custom_costs') }}

)

select * from final
