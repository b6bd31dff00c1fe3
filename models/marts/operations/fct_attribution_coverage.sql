{#
    How finely the AI bills are known, and the bills of Kubernetes nodes. A line that was split stands with its parts, every other with what it says itself.
    What telemetry saw is valued as the bill values it: where it saw more than was billed, seen_cost passes the cost, and
    the days of a month even out.
#}
{% set keys = apportion.instrumentation_keys() %}
{% set dimensions = ['charge_date', 'provider_name', 'billing_account_id', 'sub_account_id', 'attribution_level',
    'telemetry_source', 'gateway', 'quantity_basis', 'billing_currency'] %}

with

labels as (

    select
        x_call_labels,
        {%- for key in keys %}
        {{ apportion.json_label('x_call_labels', key) }} is not null as has_{{ key }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select distinct x_call_labels from {{ ref('fct_attributed_charges') }}
        where x_call_labels is not null
    ) as label_texts

),

{#  Of nodes, those that were split: most of a cloud's bill has no workloads to be told. #}
node_lines as (

    select distinct x_charge_id
    from {{ ref('fct_attributed_charges') }}
    where attribution_level in ('workload', 'idle', 'unobserved')

),

lines as (

    select
        charges.x_charge_id,
        charges.charge_date,
        charges.service_provider_name as provider_name,
        charges.billing_account_id,
        charges.sub_account_id,
        charges.billing_currency,
        case
            when charges.x_api_key_id is not null then 'key'
            when charges.sub_account_id is not null then 'project'
            else 'account'
        end as own_level,
        charges.billed_cost,
        charges.effective_cost
    from {{ ref('fct_charges') }} as charges
    left join node_lines
        on charges.x_charge_id = node_lines.x_charge_id
    where charges.service_category = 'AI and Machine Learning'
        or charges.x_token_class is not null
        or node_lines.x_charge_id is not null

),

parts as (

    select
        lines.charge_date,
        lines.provider_name,
        lines.billing_account_id,
        lines.sub_account_id,
        lines.billing_currency,
        coalesce(parts.attribution_level, lines.own_level) as attribution_level,
        coalesce(parts.telemetry_source, 'none') as telemetry_source,
        parts.x_gateway as gateway,
        coalesce(parts.quantity_basis, 'not met by telemetry') as quantity_basis,
        case when parts.x_charge_id is null then lines.billed_cost else parts.billed_cost end as billed_cost,
        case when parts.x_charge_id is null then lines.effective_cost else parts.effective_cost end as effective_cost,
        case
            when parts.telemetry_source is null then cast(0 as {{ apportion.money() }})
            when parts.seen_quantity <= parts.billed_quantity then cast(1 as {{ apportion.money() }})
            else {{ apportion.ratio('parts.seen_quantity', 'parts.billed_quantity') }}
        end as times_seen,
        {%- for key in keys %}
        coalesce(labels.has_{{ key }}, false) as has_{{ key }}{{ ',' if not loop.last }}
        {%- endfor %}

    from lines

    left join {{ ref('fct_attributed_charges') }} as parts
        on lines.x_charge_id = parts.x_charge_id

    left join labels
        on parts.x_call_labels = labels.x_call_labels

),

valued as (

    select
        parts.*,
        {{ apportion.product_of('effective_cost', 'times_seen') }} as seen_cost
    from parts

),

final as (

    select
        {{ dimensions | join(',
        ') }},
        cast(sum(billed_cost) as {{ apportion.money() }}) as billed_cost,
        cast(sum(effective_cost) as {{ apportion.money() }}) as effective_cost,
        cast(sum(seen_cost) as {{ apportion.money() }}) as seen_cost,
        {%- for key in keys %}
        cast(sum(case when has_{{ key }} then effective_cost else 0 end) as {{ apportion.money() }}) as {{ key }}_labelled_cost{{ ',' if not loop.last }}
        {%- endfor %}
    from valued
    group by
        {{ dimensions | join(',
        ') }}

)

select * from final
