{# Costs meet their owners here, once; everything after works on these rows. #}
{{ config(materialized='table') }}
{% set dimensions = apportion.cost_dimensions() %}
{% set owners = apportion.owner_columns() %}

with

costs as (

    select
        charge_date,
        billing_period_start,
        service_provider_name as provider_name,
        billing_account_id,
        sub_account_id,
        service_name,
        service_category,
        charge_category,
        x_model as model,
        tag_key,
        billing_currency,
        {%- for cost in apportion.cost_columns() %}
        cast(sum({{ cost }}_reported) as {{ apportion.money() }}) as {{ cost }},
        {%- endfor %}
        {%- for cost in apportion.cost_columns() %}
        cast(sum({{ cost }}) as {{ apportion.money() }}) as {{ cost }}_native{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ ref('int_costs__converted') }}

    group by
        charge_date,
        billing_period_start,
        service_provider_name,
        billing_account_id,
        sub_account_id,
        service_name,
        service_category,
        charge_category,
        x_model,
        tag_key,
        billing_currency

),

final as (

    select
        {%- for column in dimensions %}
        costs.{{ column }},
        {%- endfor %}
        days.owned_from,
        coalesce(ownership.ownership, 'direct') as ownership,
        ownership.shared_pool,
        ownership.rule_id,
        {%- for column in owners %}
        coalesce(ownership.{{ column }}, 'Unallocated') as {{ column }},
        {%- endfor %}
        {%- for cost in apportion.amount_columns() %}
        costs.{{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}

    from costs

    left join {{ ref('int_ownership__days') }} as days
        on costs.charge_date = days.charge_date

    left join {{ ref('dim_ownership') }} as ownership
        on costs.tag_key = ownership.tag_key
        and days.owned_from = ownership.valid_from

)

select * from final
