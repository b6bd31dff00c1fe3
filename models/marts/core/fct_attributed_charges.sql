-- depends_on: {{ ref('int_attribution__changed_days') }}
-- depends_on: {{ ref('int_attribution__version') }}
{#
    Bill lines divided over the usage that claims their key, in proportion to what each row of it counts for; what
    nothing claims stays on the line's own key. Parts add up to their line to the last digit in all four costs. A line
    that no telemetry meets has no row here.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        pre_hook="{{ apportion.delete_changed_days(
            'x_source', 'charge_date', apportion.is_current_attribution(), 'int_attribution__changed_days'
        ) }}",
    )
}}

{% set costs = apportion.cost_columns() %}
{% set line_columns = ['charge_date', 'x_source', 'x_charge_id', 'bill_key', 'provider', 'billing_account_id',
    'sub_account_id', 'api_key_id', 'api_key_name', 'principal', 'model', 'service_tier', 'context_tier', 'region_scope',
    'token_class', 'changed_at'] %}
{% set part_columns = ['telemetry_source', 'telemetry_level', 'usage_key', 'telemetry_key', 'measured_in', 'quantity_basis',
    'claimed_quantity', 'billed_quantity', 'seen_quantity', 'caller_key_id', 'caller_key_name', 'caller', 'gateway',
    'workload', 'call_labels'] %}

with

days as (

    {{ apportion.days_to_write('x_source', apportion.is_current_attribution(), 'int_attribution__changed_days') }}

),

claims as (

    select claims.*
    from {{ ref('int_attribution__claims') }} as claims
    inner join days
        on claims.x_source = days.provider
        and claims.charge_date = days.charge_date

),

lines as (

    select
        lines.*,
        days.changed_at
    from {{ ref('int_attribution__lines') }} as lines
    inner join days
        on lines.x_source = days.provider
        and lines.charge_date = days.charge_date
    inner join (select distinct bill_key from claims) as split_keys
        on lines.bill_key = split_keys.bill_key

),

telemetry as (

    select * from {{ ref('int_attribution__telemetry') }}

),

usage_rows as (

    select
        usage_rows.charge_date,
        usage_rows.telemetry_key,
        usage_rows.usage_key,
        usage_rows.x_principal,
        usage_rows.x_gateway,
        usage_rows.x_workload,
        usage_rows.x_call_labels,
        usage_rows.x_api_key_name,
        usage_rows.quantity
    from {{ ref('int_usage__daily') }} as usage_rows

),

callers as (

    select
        claims.bill_key,
        claims.telemetry_source,
        claims.attribution_level as telemetry_level,
        usage_rows.usage_key,
        claims.telemetry_key,
        claims.measured_in,
        claims.quantity_basis,
        claims.billed_quantity,
        claims.seen_quantity,
        telemetry.provider_key as caller_key_id,
        case when telemetry.is_own then usage_rows.x_api_key_name end as caller_key_name,
        usage_rows.x_principal as caller,
        usage_rows.x_gateway as gateway,
        usage_rows.x_workload as workload,
        usage_rows.x_call_labels as call_labels,
        claims.claimed_share,
        case
            when claims.price_per_million is null then usage_rows.quantity
            else {{ apportion.rated('usage_rows.quantity', 'claims.price_per_million') }}
        end as measure

    from claims

    inner join usage_rows
        on claims.charge_date = usage_rows.charge_date
        and claims.telemetry_key = usage_rows.telemetry_key

    inner join telemetry
        on claims.charge_date = telemetry.charge_date
        and claims.telemetry_key = telemetry.telemetry_key

    where usage_rows.quantity > 0

),

parts as (

    select
        bill_key,
        telemetry_source,
        telemetry_level,
        usage_key,
        telemetry_key,
        measured_in,
        quantity_basis,
        cast(case
            when claimed_share = 1 then measure
            else {{ apportion.product_of('measure', 'claimed_share') }}
        end as {{ apportion.money() }}) as claimed_quantity,
        billed_quantity,
        seen_quantity,
        caller_key_id,
        caller_key_name,
        caller,
        gateway,
        workload,
        call_labels
    from callers

    union all

    select
        bill_key,
        telemetry_source,
        attribution_level as telemetry_level,
        '' as usage_key,
        telemetry_key,
        measured_in,
        quantity_basis,
        measure as claimed_quantity,
        billed_quantity,
        seen_quantity,
        cast(null as {{ dbt.type_string() }}) as caller_key_id,
        cast(null as {{ dbt.type_string() }}) as caller_key_name,
        cast(null as {{ dbt.type_string() }}) as caller,
        cast(null as {{ dbt.type_string() }}) as gateway,
        cast(null as {{ dbt.type_string() }}) as workload,
        cast(null as {{ dbt.type_string() }}) as call_labels
    from claims
    where telemetry_key = ''

),

weights as (

    select
        parts.*,
        {{ apportion.weight_of('claimed_quantity') }} as weight
    from parts
    where {{ apportion.weight_of('claimed_quantity') }} > 0

),

divided as (

    {{ apportion.allocate_proportionally(
        amounts='lines', drivers='weights', partition_by=['bill_key'], weight='weight',
        order_by=['telemetry_key', 'usage_key'], amount_columns=costs, keep=line_columns, targets=part_columns,
    ) }}

),

final as (

    select
        charge_date,
        x_source,
        x_charge_id,
        usage_key,
        bill_key,
        provider as provider_name,
        billing_account_id,
        sub_account_id,
        model,
        service_tier,
        context_tier,
        region_scope,
        token_class,
        telemetry_source,
        case
            when usage_key <> '' then telemetry_level
            when api_key_id is not null then 'key'
            when sub_account_id is not null then 'project'
            else 'account'
        end as attribution_level,
        measured_in,
        quantity_basis,
        claimed_quantity,
        billed_quantity,
        seen_quantity,
        case
            when seen_quantity >= billed_quantity then cast(1 as {{ apportion.money() }})
            else {{ apportion.ratio('seen_quantity', 'billed_quantity') }}
        end as covered_share,
        {#  The bill's own word stands; the telemetry fills what the bill does not say. #}
        coalesce(api_key_id, caller_key_id) as x_api_key_id,
        case when api_key_id is null then caller_key_name else api_key_name end as x_api_key_name,
        coalesce(principal, caller) as x_principal,
        gateway as x_gateway,
        workload as x_workload,
        call_labels as x_call_labels,
        allocation_share,
        {{ costs | join(',
        ') }},
        {{ apportion.current_attribution() }} as attribution_version,
        changed_at as x_changed_at
    from divided

)

select * from final
