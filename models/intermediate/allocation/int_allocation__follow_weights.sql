{#
    Whom a line follows: the owners of the usage on the same account, period, sub account and service; where
    that weighs nothing without the service; then without the sub account.
#}
{{ config(materialized='table') }}
{% set owners = apportion.owner_columns() %}
{% set levels = [
    ['service', ['sub_account_id', 'service_name']], ['sub_account', ['sub_account_id']], ['billing_account', []],
] %}

with

usage_owners as (

    select * from {{ ref('int_allocation__usage_owners') }}

),

lines as (

    select distinct
        coalesce(provider_name, '') as provider_name,
        coalesce(billing_account_id, '') as billing_account_id,
        billing_period_start,
        coalesce(sub_account_id, '') as sub_account_id,
        coalesce(service_name, '') as service_name
    from {{ ref('int_costs__owned') }}
    where ownership = 'follow'

),

weighed as (
    {% for level, columns in levels %}
    select
        lines.provider_name,
        lines.billing_account_id,
        lines.billing_period_start,
        lines.sub_account_id,
        lines.service_name,
        {{ loop.index }} as attempt,
        '{{ level }}' as level,
        {%- for owner in owners %}
        usage_owners.{{ owner }},
        {%- endfor %}
        cast(sum(usage_owners.effective_cost) as {{ apportion.money() }}) as quantity

    from lines

    inner join usage_owners
        on lines.provider_name = usage_owners.provider_name
        and lines.billing_account_id = usage_owners.billing_account_id
        and {{ apportion.is_same('lines.billing_period_start', 'usage_owners.billing_period_start') }}
        {%- for column in columns %}
        and lines.{{ column }} = usage_owners.{{ column }}
        {%- endfor %}

    group by
        lines.provider_name,
        lines.billing_account_id,
        lines.billing_period_start,
        lines.sub_account_id,
        lines.service_name
        {%- for owner in owners %},
        usage_owners.{{ owner }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

weights as (

    select
        weighed.*,
        {{ apportion.weight_of('quantity') }} as weight
    from weighed

),

ranked as (

    select
        weights.*,
        min(attempt) over (
            partition by provider_name, billing_account_id, billing_period_start, sub_account_id, service_name
        ) as first_attempt
    from weights
    where weight > 0

),

final as (

    select
        provider_name as line_provider,
        billing_account_id as line_billing_account,
        coalesce(billing_period_start, cast('{{ var("first_date") }}' as date)) as line_billing_period,
        sub_account_id as line_sub_account,
        service_name as line_service,
        level,
        {{ owners | join(',\n        ') }},
        weight,
        quantity as driver_quantity,
        cast(sum(quantity) over (
            partition by provider_name, billing_account_id, billing_period_start, sub_account_id, service_name
        ) as {{ apportion.money() }}) as driver_total
    from ranked
    where attempt = first_attempt

)

select * from final
