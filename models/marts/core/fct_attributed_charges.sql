-- depends_on: {{ ref('int_attribution__changed_days') }}
-- depends_on: {{ ref('telemetry_routes') }}
-- depends_on: {{ ref('model_prices') }}
-- depends_on: {{ ref('models') }}
{#
    Bill lines divided over the usage that claims their key, in proportion to what each row of it counts for; what
    nothing claims stays on the line's own key. Parts add up to their line to the last digit in all four costs. A line
    that no telemetry meets has no row here.

    Lines of Kubernetes nodes come from int_attribution__node_parts, which divides them over workloads.

    Sources claim in the order of their rank, each what the ones before it left. Where they saw more than the bill counts,
    the last that still gets something shares that by the ratio.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        partition_by=apportion.day_partitions('charge_date'),
        pre_hook="{{ apportion.delete_changed_days(
            'x_source', 'charge_date', apportion.is_current_attribution(), 'int_attribution__changed_days',
            '(days.is_splittable or days.is_machine_bill)'
        ) }}",
    )
}}

{% set changed = ['x_source', apportion.is_current_attribution(), 'int_attribution__changed_days', '(days.is_splittable or days.is_machine_bill)'] %}
{% set costs = apportion.cost_columns() %}
{% set line_columns = ['charge_date', 'x_source', 'x_charge_id', 'bill_key', 'provider', 'billing_account_id',
    'sub_account_id', 'api_key_id', 'api_key_name', 'principal', 'model', 'service_tier', 'context_tier', 'region_scope',
    'token_class', 'measured_in', 'quantity_basis', 'billed_quantity', 'seen_quantity', 'covered_share',
    'changed_at'] %}
{% set columns = ['charge_date', 'x_source', 'x_charge_id', 'usage_key', 'bill_key', 'provider_name', 'billing_account_id',
    'sub_account_id', 'model', 'service_tier', 'context_tier', 'region_scope', 'token_class', 'telemetry_source',
    'attribution_level', 'measured_in', 'quantity_basis', 'claimed_quantity', 'billed_quantity', 'seen_quantity',
    'covered_share', 'x_api_key_id', 'x_api_key_name', 'x_principal', 'x_gateway', 'x_workload', 'x_call_labels',
    'allocation_share'] + costs + ['attribution_version', 'x_changed_at'] %}
{% set of_calls_only = ['model', 'service_tier', 'context_tier', 'region_scope', 'token_class'] %}
{% set part_columns = ['usage_key', 'telemetry_key', 'claimed_quantity', 'caller_key_name', 'caller', 'gateway',
    'workload', 'call_labels'] %}

with

days as (

    {{ apportion.days_to_write(*changed) }}

),

claims as (

    select claims.*
    from {{ ref('int_attribution__claims') }} as claims
    inner join days
        on claims.x_source = days.provider
        and claims.charge_date = days.charge_date
    where {{ apportion.on_days_to_write('claims.charge_date', *changed) }}

),

seen_by_key as (

    select
        charge_date,
        bill_key,
        max(measured_in) as measured_in,
        max(quantity_basis) as quantity_basis,
        max(billed_quantity) as billed_quantity,
        cast(sum(measure) as {{ apportion.money() }}) as seen_quantity
    from claims
    group by
        charge_date,
        bill_key

),

seen as (

    select
        seen_by_key.*,
        case
            when seen_quantity >= billed_quantity then cast(1 as {{ apportion.money() }})
            else {{ apportion.ratio('seen_quantity', 'billed_quantity') }}
        end as covered_share
    from seen_by_key

),

{#  More was seen than billed: what each rank still gets. #}
crowded as (

    select
        claims.charge_date,
        claims.bill_key,
        claims.source_rank,
        max(claims.billed_quantity) as billed_quantity,
        cast(sum(claims.measure) as {{ apportion.money() }}) as rank_measure
    from claims
    inner join seen
        on claims.charge_date = seen.charge_date
        and claims.bill_key = seen.bill_key
        and seen.seen_quantity > seen.billed_quantity
    group by
        claims.charge_date,
        claims.bill_key,
        claims.source_rank

),

running as (

    select
        crowded.*,
        cast(sum(rank_measure) over (
            partition by charge_date, bill_key
            order by source_rank
            rows between unbounded preceding and current row
        ) as {{ apportion.money() }}) as seen_until
    from crowded

),

rank_shares as (

    select
        charge_date,
        bill_key,
        source_rank,
        case
            when seen_until <= billed_quantity then cast(1 as {{ apportion.money() }})
            when seen_until - rank_measure >= billed_quantity then cast(0 as {{ apportion.money() }})
            {#  The first rank needs no share: its rows keep their ratio. #}
            when seen_until = rank_measure then cast(1 as {{ apportion.money() }})
            else {{ apportion.ratio('(billed_quantity - (seen_until - rank_measure))', 'rank_measure') }}
        end as rank_share
    from running

),

counted as (

    select
        claims.charge_date,
        claims.bill_key,
        claims.telemetry_key,
        claims.price_per_million,
        claims.usage_rows,
        claims.measure,
        coalesce(rank_shares.rank_share, 1) as rank_share,
        {#  A single row counts for the measure itself; of several each counts for its part of it. #}
        case
            when claims.usage_rows > 1 and claims.measure <> claims.reported_measure
                then {{ apportion.ratio('claims.measure', 'claims.reported_measure') }}
        end as row_share

    from claims

    left join rank_shares
        on claims.charge_date = rank_shares.charge_date
        and claims.bill_key = rank_shares.bill_key
        and claims.source_rank = rank_shares.source_rank

),

callers as (

    select
        counted.charge_date,
        counted.bill_key,
        counted.telemetry_key,
        counted.rank_share,
        counted.row_share,
        usage_rows.usage_key,
        usage_rows.x_api_key_name as caller_key_name,
        usage_rows.x_principal as caller,
        usage_rows.x_gateway as gateway,
        usage_rows.x_workload as workload,
        usage_rows.x_call_labels as call_labels,
        case
            when counted.usage_rows = 1 then counted.measure
            when counted.price_per_million is null then usage_rows.quantity
            else {{ apportion.rated('usage_rows.quantity', 'counted.price_per_million') }}
        end as measure

    from counted

    inner join {{ ref('int_usage__daily') }} as usage_rows
        on counted.charge_date = usage_rows.charge_date
        and counted.telemetry_key = usage_rows.telemetry_key

    where counted.rank_share > 0
        and usage_rows.quantity > 0
        and {{ apportion.on_days_to_write('usage_rows.charge_date', *changed) }}

),

shared as (

    select
        callers.*,
        case
            when row_share is null then measure
            else {{ apportion.product_of('measure', 'row_share') }}
        end as shared_measure
    from callers

),

parts as (

    select
        charge_date,
        bill_key,
        telemetry_key,
        usage_key,
        caller_key_name,
        caller,
        gateway,
        workload,
        call_labels,
        cast(case
            when rank_share = 1 then shared_measure
            else {{ apportion.product_of('shared_measure', 'rank_share') }}
        end as {{ apportion.money() }}) as claimed_quantity
    from shared

    union all

    select
        charge_date,
        bill_key,
        '' as telemetry_key,
        '' as usage_key,
        cast(null as {{ dbt.type_string() }}) as caller_key_name,
        cast(null as {{ dbt.type_string() }}) as caller,
        cast(null as {{ dbt.type_string() }}) as gateway,
        cast(null as {{ dbt.type_string() }}) as workload,
        cast(null as {{ dbt.type_string() }}) as call_labels,
        cast(billed_quantity - seen_quantity as {{ apportion.money() }}) as claimed_quantity
    from seen
    where billed_quantity > seen_quantity

),

{#  Less than a weight tells is none. #}
weights as (

    select
        parts.*,
        {{ apportion.weight_of('claimed_quantity') }} as weight
    from parts
    where claimed_quantity >= cast('0.000000000001' as {{ apportion.money() }})

),

lines as (

    select
        lines.*,
        seen.measured_in,
        seen.quantity_basis,
        seen.billed_quantity,
        seen.seen_quantity,
        seen.covered_share,
        days.changed_at
    from {{ ref('int_attribution__lines') }} as lines
    inner join days
        on lines.x_source = days.provider
        and lines.charge_date = days.charge_date
    inner join seen
        on lines.charge_date = seen.charge_date
        and lines.bill_key = seen.bill_key
    where {{ apportion.on_days_to_write('lines.charge_date', *changed) }}

),

divided as (

    {{ apportion.allocate_proportionally(
        amounts='lines', drivers='weights', partition_by=['charge_date', 'bill_key'], weight='weight',
        order_by=['usage_key'], amount_columns=costs, keep=line_columns, targets=part_columns,
    ) }}

),

telemetry_keys as (

    select
        telemetry_key,
        valid_from,
        valid_to,
        x_source,
        is_own,
        provider_key,
        attribution_level
    from {{ ref('int_attribution__telemetry_keys') }}

),

calls as (

    select
        divided.charge_date,
        divided.x_source,
        divided.x_charge_id,
        divided.usage_key,
        divided.bill_key,
        divided.provider as provider_name,
        divided.billing_account_id,
        divided.sub_account_id,
        divided.model,
        divided.service_tier,
        divided.context_tier,
        divided.region_scope,
        divided.token_class,
        telemetry_keys.x_source as telemetry_source,
        case
            when telemetry_keys.attribution_level is not null then telemetry_keys.attribution_level
            when divided.api_key_id is not null then 'key'
            when divided.sub_account_id is not null then 'project'
            else 'account'
        end as attribution_level,
        divided.measured_in,
        divided.quantity_basis,
        divided.claimed_quantity,
        divided.billed_quantity,
        divided.seen_quantity,
        divided.covered_share,
        {#  The bill's own word stands; the telemetry fills what the bill does not say. #}
        coalesce(divided.api_key_id, telemetry_keys.provider_key) as x_api_key_id,
        case
            when divided.api_key_id is not null then divided.api_key_name
            when telemetry_keys.is_own then divided.caller_key_name
        end as x_api_key_name,
        coalesce(divided.principal, divided.caller) as x_principal,
        divided.gateway as x_gateway,
        divided.workload as x_workload,
        divided.call_labels as x_call_labels,
        divided.allocation_share,
        {%- for cost in costs %}
        divided.{{ cost }},
        {%- endfor %}
        '{{ attribution_version() }}' as attribution_version,
        divided.changed_at as x_changed_at

    from divided

    left join telemetry_keys
        on divided.telemetry_key = telemetry_keys.telemetry_key
        and divided.charge_date >= telemetry_keys.valid_from
        and (divided.charge_date < telemetry_keys.valid_to or telemetry_keys.valid_to is null)

),

final as (

    select
        {{ columns | join(',
        ') }}
    from calls

    {% if apportion.node_sources() -%}
    union all

    select
        {% for column in columns -%}
        {%- if column in of_calls_only -%}
        cast(null as {{ dbt.type_string() }}) as {{ column }}
        {%- elif column == 'x_changed_at' -%}
        days.changed_at as x_changed_at
        {%- else -%}
        node_parts.{{ column }}
        {%- endif %}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_attribution__node_parts') }} as node_parts
    inner join days
        on node_parts.x_source = days.provider
        and node_parts.charge_date = days.charge_date
    where {{ apportion.on_days_to_write('node_parts.charge_date', *changed) }}
    {%- endif %}

)

select * from final
