{#
    The lines of an invoice, its tax, and what its lines and its subtotal differ by, which is a line that says so: the
    charges of an invoice add up to subtotal and tax. A project is our sub account.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set no_number = 'cast(null as ' ~ apportion.money() ~ ')' %}

with

invoices as (

    select * from {{ ref('stg_mongodb_atlas__invoices') }}

),

items as (

    select * from {{ ref('stg_mongodb_atlas__line_items') }}

),

added_up as (

    select invoice_id, sum(amount) as amount
    from items
    group by invoice_id

),

lines as (

    select
        items.line_id as charge_id,
        items.invoice_id,
        items.charge_date,
        items.amount,
        items.amount + items.discount as list_cost,
        case when items.amount < 0 then 'Credit' else 'Usage' end as charge_category,
        {{ dbt.concat([
            'items.sku',
            "case when items.cluster_name is not null then " ~ dbt.concat(["', '", 'items.cluster_name']) ~ " else '' end",
            "case when items.note is not null then " ~ dbt.concat(["', '", 'items.note']) ~ " else '' end",
        ]) }} as charge_description,
        case when items.amount >= 0 and items.unit is not null then items.quantity end as consumed_quantity,
        case when items.amount >= 0 and items.quantity is not null then items.unit end as consumed_unit,
        items.started_at as charge_period_start,
        coalesce(items.ended_at, items.started_at) as charge_period_end,
        items.sku,
        items.project_id,
        items.project_name,
        items.cluster_name,
        items.tags
    from items

    union all

    select
        {{ dbt.concat(['invoice_id', "':tax'"]) }} as charge_id,
        invoice_id,
        charge_date,
        sales_tax as amount,
        sales_tax as list_cost,
        'Tax' as charge_category,
        'Sales tax' as charge_description,
        {{ no_number }} as consumed_quantity,
        {{ nothing }} as consumed_unit,
        cast(period_start as {{ dbt.type_timestamp() }}) as charge_period_start,
        cast({{ dbt.dateadd('day', 1, 'accrued_until') }} as {{ dbt.type_timestamp() }}) as charge_period_end,
        {{ nothing }} as sku,
        {{ nothing }} as project_id,
        {{ nothing }} as project_name,
        {{ nothing }} as cluster_name,
        {{ nothing }} as tags
    from invoices
    where sales_tax <> 0

    union all

    select
        {{ dbt.concat(['invoices.invoice_id', "':difference'"]) }} as charge_id,
        invoices.invoice_id,
        invoices.charge_date,
        invoices.subtotal - coalesce(added_up.amount, 0) as amount,
        invoices.subtotal - coalesce(added_up.amount, 0) as list_cost,
        'Adjustment' as charge_category,
        'Difference of the subtotal to the lines of the invoice' as charge_description,
        {{ no_number }} as consumed_quantity,
        {{ nothing }} as consumed_unit,
        cast(invoices.period_start as {{ dbt.type_timestamp() }}) as charge_period_start,
        cast({{ dbt.dateadd('day', 1, 'invoices.accrued_until') }} as {{ dbt.type_timestamp() }}) as charge_period_end,
        'DIFFERENCE' as sku,
        {{ nothing }} as project_id,
        {{ nothing }} as project_name,
        {{ nothing }} as cluster_name,
        {{ nothing }} as tags
    from invoices
    left join added_up
        on invoices.invoice_id = added_up.invoice_id
    where invoices.subtotal <> coalesce(added_up.amount, 0)

),

charges as (

    select
        lines.charge_date,
        'billed' as cost_basis,
        'mongodb_atlas' as x_source,
        {{ dbt.concat(["'mongodb_atlas:'", 'lines.charge_id']) }} as x_charge_id,
        lines.amount as billed_cost,
        lines.list_cost,
        coalesce(invoices.org_id, 'mongodb_atlas') as billing_account_id,
        'MongoDB Atlas organization' as billing_account_name,
        'Organization' as billing_account_type,
        invoices.currency as billing_currency,
        cast(invoices.period_start as {{ dbt.type_timestamp() }}) as billing_period_start,
        cast(invoices.period_end as {{ dbt.type_timestamp() }}) as billing_period_end,
        case when invoices.is_issued then lines.invoice_id end as invoice_id,
        lines.charge_category,
        {#  About a period that was invoiced already. #}
        case
            when lines.charge_category <> 'Credit' and lines.charge_date < invoices.period_start then 'Correction'
        end as charge_class,
        lines.charge_description,
        lines.charge_period_start,
        lines.charge_period_end,
        case when lines.charge_category = 'Usage' then 'Usage-Based' else 'One-Time' end as charge_frequency,
        case when lines.charge_category = 'Usage' then 'Standard' end as pricing_category,
        lines.consumed_quantity,
        lines.consumed_unit,
        'MongoDB' as service_provider_name,
        case
            when lower(lines.sku) like '%support%' then 'MongoDB Support'
            when lower(lines.sku) like '%search%' then 'MongoDB Atlas Search'
            else 'MongoDB Atlas'
        end as service_name,
        case when lower(lines.sku) like '%support%' then 'Management and Governance' else 'Databases' end as service_category,
        case when lower(lines.sku) like '%support%' then 'Support' else 'NoSQL Databases' end as service_subcategory,
        lines.sku as sku_id,
        lines.sku as sku_meter,
        lines.project_id as sub_account_id,
        lines.project_name as sub_account_name,
        {{ dbt.concat(['lines.project_id', "'/'", 'lines.cluster_name']) }} as resource_id,
        case when lines.project_id is not null then lines.cluster_name end as resource_name,
        case when lines.project_id is not null and lines.cluster_name is not null then 'Cluster' end as resource_type,
        lines.tags,
        {%- for column in [
            'x_model', 'x_service_tier', 'x_context_tier', 'x_region_scope', 'x_token_class', 'x_api_key_id',
            'x_api_key_name', 'x_principal',
        ] %}
        {{ nothing }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from lines

    inner join invoices
        on lines.invoice_id = invoices.invoice_id

    where lines.amount <> 0

),

in_focus as (

    {{ apportion.api_charges('charges', sub_account_type='Project', also=[
        'list_cost', 'billing_period_start', 'billing_period_end', 'invoice_id', 'charge_class', 'charge_period_start',
        'charge_period_end', 'charge_frequency', 'pricing_category', 'service_category', 'service_subcategory',
        'resource_id', 'resource_name', 'resource_type', 'tags',
    ]) }}

),

final as (

    select
        {%- for column in apportion.charge_columns() %}
        {{ apportion.unless_tax(column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from in_focus

)

select * from final
