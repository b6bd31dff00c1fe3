{#
    Credits are summed before they meet their row: one row has many, and a plain unnest would repeat its cost.
    What source `vertex` bills is told by what it has loaded, not by names of services: whatever it reads of an account, invoice
    month and service, this bill leaves out, so that the same line is never billed twice and never by nobody.
#}
{% set commitments = ['COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE'] %}
{% set service_key = ['billing_account_id', 'invoice_month', 'service_id', 'service_description'] %}

with

credits as (

    select
        line_id,
        sum(case when credit_type in ('{{ apportion.gcp_price_credits() | join("', '") }}') then amount end) as price_credits,
        sum(case when credit_type in ('{{ commitments | join("', '") }}') then amount end) as commitment_credit,
        max(case when credit_type in ('{{ commitments | join("', '") }}') then credit_name end) as commitment_name,
        max(case when credit_type = 'FEE_UTILIZATION_OFFSET' then 1 else 0 end) as fee_offsets
    from {{ ref('stg_gcp__credits') }}
    group by line_id

),

{% if 'vertex' in var('providers') -%}
billed_by_vertex as (

    select distinct
        {%- for column in service_key %}
        coalesce({{ column }}, '') as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_vertex__billing_export') }}

),

{% endif -%}
final as (

    select
        lines.*,
        cast(lines.cost + coalesce(credits.price_credits, 0) as {{ apportion.money() }}) as net_cost,
        coalesce(credits.commitment_credit, 0) as commitment_credit,
        credits.commitment_name,
        coalesce(credits.fee_offsets, 0) = 1 as has_fee_offset,
        lines.cost_type = 'regular'
        and (coalesce(credits.fee_offsets, 0) = 1 or lower(coalesce(lines.sku_description, '')) like 'commitment%') as is_fee,
        {#  Flexible commitments cover all three. #}
        case
            when lines.service_description in ('Compute Engine', 'Kubernetes Engine', 'Cloud Run') then 'compute'
            else coalesce(lines.service_description, lines.service_id, '')
        end as commitment_family,
        {% if 'vertex' in var('providers') -%}
        billed_by_vertex.billing_account_id is not null as is_billed_by_vertex
        {%- else -%}
        false as is_billed_by_vertex
        {%- endif %}

    from {{ ref('stg_gcp__billing_export') }} as lines

    left join credits
        on lines.line_id = credits.line_id

    {% if 'vertex' in var('providers') -%}
    left join billed_by_vertex
        on
        {%- for column in service_key %}
        {{ 'and ' if not loop.first }}coalesce(lines.{{ column }}, '') = billed_by_vertex.{{ column }}
        {%- endfor %}
    {%- endif %}

)

select * from final
