{# Tax, credits and adjustments that no rule owns, divided over the owners of the usage they belong to. #}
{% set dimensions = apportion.cost_dimensions() %}
{% set owners = apportion.owner_columns() %}

with

lines as (

    select
        owned.*,
        coalesce(provider_name, '') as line_provider,
        coalesce(billing_account_id, '') as line_billing_account,
        coalesce(billing_period_start, cast('{{ var("first_date") }}' as date)) as line_billing_period,
        coalesce(sub_account_id, '') as line_sub_account,
        coalesce(service_name, '') as line_service
    from {{ ref('int_costs__owned') }} as owned
    where ownership = 'follow'

),

weights as (

    select
        line_provider,
        line_billing_account,
        line_billing_period,
        line_sub_account,
        line_service,
        level,
        {%- for owner in owners %}
        {{ owner }} as followed_{{ owner }},
        {%- endfor %}
        weight,
        driver_quantity,
        driver_total
    from {{ ref('int_allocation__follow_weights') }}

),
{% set followed = [] %}
{% for owner in owners %}{% do followed.append('followed_' ~ owner) %}{% endfor %}
parts as (

    {{ apportion.allocate_proportionally(
        amounts='lines', drivers='weights',
        partition_by=['line_provider', 'line_billing_account', 'line_billing_period', 'line_sub_account',
            'line_service'],
        weight='weight', order_by=followed, amount_columns=apportion.amount_columns(), keep=dimensions,
        targets=['level', 'driver_quantity', 'driver_total'] + followed,
    ) }}

),

final as (

    select
        {%- for column in dimensions %}
        parts.{{ column }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }}) as pool,
        'follow' as allocation_method,
        {{ dbt.concat(["'usage of the same '", 'parts.level']) }} as allocation_path,
        parts.allocation_share,
        case when parts.level is not null then 'effective_cost' end as driver,
        parts.driver_quantity,
        parts.driver_total,
        closed.month_start is null as is_provisional,
        cast(null as {{ dbt.type_string() }}) as rule_id,
        {%- for owner in owners %}
        coalesce(parts.followed_{{ owner }}, 'Unallocated') as {{ owner }},
        {%- endfor %}
        {%- for cost in apportion.amount_columns() %}
        parts.{{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}

    from parts

    left join {{ ref('int_costs__closed_months') }} as closed
        on {{ apportion.period_start('month', 'parts.charge_date') }} = closed.month_start

)

select * from final
