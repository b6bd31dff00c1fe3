-- depends_on: {{ ref('int_attribution__changed_days') }}
-- depends_on: {{ ref('telemetry_routes') }}
-- depends_on: {{ ref('model_prices') }}
-- depends_on: {{ ref('models') }}
{#
    Bill lines of Kubernetes nodes, divided over what ran on the node that day. Parts add up to their line to the last
    digit in all four costs. A model of its own, so that attributing calls costs nothing more for it; fct_attributed_charges
    has both.

    Of the hours that a line covers, those in which the cluster has no metrics are unobserved: they weigh as much as
    the same number of seen hours of that node. The rest is divided over workloads and idle as they weigh. A gap counts for
    the nodes that lived up to it or after it, and for no more hours than the bill has of the node beyond those that were
    seen: a cluster that is scaled down to nothing has no metrics either. On a day without any metrics of the cluster a line is unobserved as a whole.

    What a reservation paid for and nobody used stays on the bill's own line, and so does all that has no node: control
    planes, volumes, load balancers.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        pre_hook="{{ apportion.delete_changed_days(
            'x_source', 'charge_date', apportion.is_current_attribution(), 'int_attribution__changed_days',
            'days.is_machine_bill'
        ) }}",
    )
}}

{% set changed = ['x_source', apportion.is_current_attribution(), 'int_attribution__changed_days', 'days.is_machine_bill'] %}
{% set costs = apportion.cost_columns() %}
{% set machine = ['charge_date', 'telemetry_source', 'cluster', 'node', 'provider_id'] %}
{% set machine_of_line = machine[1:] %}
{% set key_hours = ['charge_date', 'x_source', 'bill_key', 'first_hour', 'last_hour'] %}
{% set workload = ['kind', 'telemetry_source', 'cluster', 'namespace', 'controller_kind', 'controller', 'labels'] %}
{% set line_columns = ['charge_date', 'x_source', 'bill_key', 'first_hour', 'last_hour', 'x_charge_id', 'provider_name', 'billing_account_id',
    'sub_account_id', 'x_api_key_id', 'x_api_key_name', 'x_principal', 'x_gateway', 'changed_at'] %}
{% set part_columns = ['usage_key', 'kind', 'telemetry_source', 'cluster', 'namespace', 'controller', 'labels', 'node_cost'] %}

with

days as (

    {{ apportion.days_to_write(*changed) }}

),

nodes as (

    select *
    from {{ ref('int_attribution__nodes') }}
    where node_key is not null
        and not is_divided_by_bill
        and not is_told_before

),

{#  A bill may know a machine, or only the set that it is one of. #}
node_keys as (
    {% for key in ['node_key', 'node_set_key'] %}
    select
        {{ machine | join(',
        ') }},
        first_hour as born_hour,
        last_hour as dead_hour,
        idle_basis,
        {{ key }} as bill_key
    from nodes
    where {{ key }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{#  Ids have their key made once each, not once per line. #}
resources as (

    select
        ids.resource_id,
        ids.bill_key
    from (
        select
            resource_id,
            {{ apportion.node_key('resource_id') }} as bill_key
        from (
            select distinct charges.resource_id
            from {{ ref('fct_charges') }} as charges
            inner join days
                on charges.x_source = days.provider
                and charges.charge_date = days.charge_date
            where charges.resource_id is not null
                and {{ apportion.on_days_to_write('charges.charge_date', *changed) }}
        ) as distinct_ids
    ) as ids
    inner join (select distinct bill_key from node_keys) as known
        on ids.bill_key = known.bill_key

),

lines as (

    select
        charges.charge_date,
        resources.bill_key,
        {{ apportion.hour_begun('charges.charge_period_start', 'charges.charge_date') }} as first_hour,
        {{ apportion.hour_not_begun('charges.charge_period_end', 'charges.charge_date') }} as last_hour,
        charges.x_source,
        charges.x_charge_id,
        charges.sku_id,
        charges.consumed_quantity,
        {{ apportion.normalised('charges.consumed_unit') }} as consumed_unit,
        charges.service_provider_name as provider_name,
        charges.billing_account_id,
        charges.sub_account_id,
        charges.x_api_key_id,
        charges.x_api_key_name,
        charges.x_principal,
        charges.x_gateway,
        {%- for cost in costs %}
        charges.{{ cost }},
        {%- endfor %}
        days.changed_at

    from {{ ref('fct_charges') }} as charges

    inner join days
        on charges.x_source = days.provider
        and charges.charge_date = days.charge_date

    inner join resources
        on charges.resource_id = resources.resource_id

    where {{ apportion.on_days_to_write('charges.charge_date', *changed) }}
        and charges.charge_category = 'Usage'
        and charges.x_token_class is null
        {#  What tells its workload already was divided by the bill. #}
        and charges.x_workload is null
        and coalesce(charges.capacity_reservation_status, '') <> 'Unused'
        and coalesce(charges.commitment_discount_status, '') <> 'Unused'
        and {{ apportion.last_day_of_charge('charges') }} = charges.charge_date

),

spans as (

    select distinct
        {{ key_hours | join(',
        ') }}
    from lines

),

{#  Several prices of one machine may count its hours; the longest is how long it ran. #}
billed_hours as (

    select
        charge_date,
        x_source,
        bill_key,
        cast(ceil(max(hours)) as {{ apportion.wide_integer() }}) as hours
    from (
        select
            charge_date,
            x_source,
            bill_key,
            sum(consumed_quantity) as hours
        from lines
        where consumed_unit in ('hours', 'hour', 'hrs', 'hr', 'h')
            and consumed_quantity > 0
        group by
            charge_date,
            x_source,
            bill_key,
            sku_id
    ) as by_sku
    group by
        charge_date,
        x_source,
        bill_key

),

hours as (

    {{ apportion.hours_of_day() }}

),

cluster_hours as (

    select
        seen.telemetry_source,
        seen.charge_date,
        seen.cluster,
        hours.hour_of_day,
        substr(seen.hours_seen, hours.hour_of_day + 1, 1) = '1' as is_measured
    from {{ ref('int_attribution__cluster_hours') }} as seen
    inner join (select distinct charge_date from spans) as span_days
        on seen.charge_date = span_days.charge_date
    cross join hours

),

around as (

    select
        cluster_hours.*,
        max(case when is_measured then hour_of_day end) over (
            partition by telemetry_source, charge_date, cluster
            order by hour_of_day
            rows between unbounded preceding and current row
        ) as measured_before,
        min(case when is_measured then hour_of_day end) over (
            partition by telemetry_source, charge_date, cluster
            order by hour_of_day
            rows between current row and unbounded following
        ) as measured_after
    from cluster_hours

),

{#  Where nobody tells the hours of a cluster (exported files), all of them count as measured. #}
node_hours as (

    select
        {% for column in machine + ['bill_key'] -%}
        node_keys.{{ column }},
        {% endfor -%}
        hours.hour_of_day,
        case
            when coalesce(around.is_measured, true)
                and hours.hour_of_day >= node_keys.born_hour and hours.hour_of_day < node_keys.dead_hour then 1
            else 0
        end as is_seen,
        case
            when coalesce(around.is_measured, true) then 0
            when (around.measured_before >= node_keys.born_hour and around.measured_before < node_keys.dead_hour)
                or (around.measured_after >= node_keys.born_hour and around.measured_after < node_keys.dead_hour) then 1
            else 0
        end as is_gap

    from node_keys

    {#  Nodes of lines only: most of what was ever seen has none on the days to write. #}
    inner join (select distinct charge_date, bill_key from lines) as span_keys
        on node_keys.charge_date = span_keys.charge_date
        and node_keys.bill_key = span_keys.bill_key

    cross join hours

    left join around
        on node_keys.telemetry_source = around.telemetry_source
        and node_keys.charge_date = around.charge_date
        and node_keys.cluster = around.cluster
        and hours.hour_of_day = around.hour_of_day

),

counted as (

    select
        {% for column in key_hours -%}
        spans.{{ column }},
        {% endfor -%}
        {% for column in machine_of_line -%}
        node_hours.{{ column }},
        {% endfor -%}
        sum(node_hours.is_seen) as seen_of_day,
        sum(node_hours.is_gap) as gap_of_day,
        sum(case
            when node_hours.hour_of_day >= spans.first_hour and node_hours.hour_of_day < spans.last_hour
                then node_hours.is_seen
            else 0
        end) as seen_of_line,
        sum(case
            when node_hours.hour_of_day >= spans.first_hour and node_hours.hour_of_day < spans.last_hour
                then node_hours.is_gap
            else 0
        end) as gap_of_line

    from spans

    inner join node_hours
        on spans.charge_date = node_hours.charge_date
        and spans.bill_key = node_hours.bill_key

    group by
        {% for column in key_hours -%}
        spans.{{ column }},
        {% endfor -%}
        {% for column in machine_of_line -%}
        node_hours.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
),

totals as (

    select
        counted.*,
        sum(seen_of_line + gap_of_line) over (partition by {{ key_hours | join(', ') }}) as known_hours,
        count(*) over (partition by {{ key_hours | join(', ') }}) as machines
    from counted

),

{#  A bill of several machines does not tell which of them ran for how long. #}
capped as (

    select
        {% for column in key_hours -%}
        totals.{{ column }},
        {% endfor -%}
        {% for column in machine_of_line -%}
        totals.{{ column }},
        {% endfor -%}
        totals.seen_of_day,
        totals.seen_of_line,
        totals.known_hours,
        totals.gap_of_line,
        case
            when totals.machines = 1 and billed_hours.hours - totals.seen_of_day < totals.gap_of_day
                then greatest(billed_hours.hours - totals.seen_of_day, 0)
            else totals.gap_of_day
        end as gap_of_day

    from totals

    left join billed_hours
        on totals.charge_date = billed_hours.charge_date
        and totals.x_source = billed_hours.x_source
        and totals.bill_key = billed_hours.bill_key

),

{#  A line of hours of which nothing is known goes by its day; a node with cost and no seen hour was seen all the same. #}
settled as (

    select
        {{ (key_hours + machine_of_line) | join(',
        ') }},
        cast(case
            when seen_of_day = 0 then 1
            when known_hours = 0 then seen_of_day
            else seen_of_line
        end as {{ apportion.wide_integer() }}) as seen_hours,
        cast(case
            when seen_of_day = 0 then 0
            when known_hours = 0 or (first_hour = 0 and last_hour = 24) then gap_of_day
            else gap_of_line
        end as {{ apportion.wide_integer() }}) as gap_hours,
        {{ apportion.integer_div(
            apportion.hours_divide(),
            'cast(case when seen_of_day = 0 then 1 else seen_of_day end as ' ~ apportion.wide_integer() ~ ')'
        ) }} as units_an_hour
    from capped

),

weights as (

    select
        telemetry_source,
        charge_date,
        cluster,
        node,
        provider_id,
        kind,
        namespace,
        controller_kind,
        controller,
        labels,
        node_cost,
        {{ apportion.units_of('node_cost', 10) }} as node_units
    from {{ ref('int_attribution__node_weights') }}
    where node_key is not null
        and {{ apportion.on_days_to_write('charge_date', *changed) }}

),

weighed as (

    select
        {% for column in key_hours -%}
        settled.{{ column }},
        {% endfor -%}
        {% for column in workload -%}
        weights.{{ column }},
        {% endfor -%}
        weights.node_cost,
        weights.node_units * settled.seen_hours * settled.units_an_hour as weight

    from settled

    inner join weights
        on settled.telemetry_source = weights.telemetry_source
        and settled.charge_date = weights.charge_date
        and settled.cluster = weights.cluster
        and settled.node = weights.node
        and settled.provider_id = weights.provider_id

    union all

    select
        {% for column in key_hours -%}
        settled.{{ column }},
        {% endfor -%}
        'unobserved' as kind,
        settled.telemetry_source,
        settled.cluster,
        cast(null as {{ dbt.type_string() }}) as namespace,
        cast(null as {{ dbt.type_string() }}) as controller_kind,
        cast(null as {{ dbt.type_string() }}) as controller,
        cast(null as {{ dbt.type_string() }}) as labels,
        cast(null as {{ apportion.money() }}) as node_cost,
        weights.node_units * settled.gap_hours * settled.units_an_hour as weight

    from settled

    inner join weights
        on settled.telemetry_source = weights.telemetry_source
        and settled.charge_date = weights.charge_date
        and settled.cluster = weights.cluster
        and settled.node = weights.node
        and settled.provider_id = weights.provider_id

),

{#  On such a day nothing tells whose machine it is; other days do. #}
dark_days as (

    select
        {% for column in key_hours -%}
        spans.{{ column }},
        {% endfor -%}
        min(homes.telemetry_source) as telemetry_source,
        min(homes.cluster) as cluster

    from spans

    inner join (select distinct bill_key, telemetry_source, cluster from node_keys) as homes
        on spans.bill_key = homes.bill_key

    inner join {{ ref('int_attribution__cluster_gaps') }} as gaps
        on spans.charge_date = gaps.charge_date
        and homes.telemetry_source = gaps.telemetry_source
        and homes.cluster = gaps.cluster

    left join (select distinct charge_date, bill_key from node_keys) as known
        on spans.charge_date = known.charge_date
        and spans.bill_key = known.bill_key

    left join (
        select distinct
            charge_date,
            {{ apportion.node_key('resource_id') }} as bill_key
        from ({{ apportion.split_by_the_bill() }}) as lines_of_bills
    ) as divided
        on spans.charge_date = divided.charge_date
        and spans.bill_key = divided.bill_key

    where known.bill_key is null
        and divided.bill_key is null

    group by
        {% for column in key_hours -%}
        spans.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}

),

every_weight as (

    select
        {{ (key_hours + workload) | join(',
        ') }},
        node_cost,
        weight
    from weighed
    where weight > 0

    union all

    select
        {{ key_hours | join(',
        ') }},
        'unobserved' as kind,
        telemetry_source,
        cluster,
        cast(null as {{ dbt.type_string() }}) as namespace,
        cast(null as {{ dbt.type_string() }}) as controller_kind,
        cast(null as {{ dbt.type_string() }}) as controller,
        cast(null as {{ dbt.type_string() }}) as labels,
        cast(null as {{ apportion.money() }}) as node_cost,
        cast(1 as {{ apportion.wide_integer() }}) as weight
    from dark_days

),

summed as (

    select
        {{ (key_hours + workload) | join(',
        ') }},
        cast(sum(node_cost) as {{ apportion.money() }}) as node_cost,
        cast(sum(weight) as {{ apportion.wide_integer() }}) as weight
    from every_weight
    group by
        {{ (key_hours + workload) | join(',
        ') }}

),

drivers as (

    select
        summed.*,
        {{ dbt.hash(apportion.fields_as_one(workload)) }} as usage_key
    from summed

),

divided as (

    {{ apportion.allocate_proportionally(
        amounts='lines', drivers='drivers', partition_by=key_hours, weight='weight', order_by=['usage_key'],
        amount_columns=costs, keep=line_columns, targets=part_columns,
    ) }}

),

bases as (

    select
        charge_date,
        bill_key,
        max(idle_basis) as idle_basis
    from node_keys
    group by
        charge_date,
        bill_key

),

measures as (

    select
        {{ key_hours | join(',
        ') }},
        {{ apportion.ratio(
            'cast(sum(seen_hours) as ' ~ apportion.money() ~ ')', 'sum(seen_hours + gap_hours)'
        ) }} as covered_share
    from settled
    group by
        {{ key_hours | join(',
        ') }}

),

node_costs as (

    select
        {{ key_hours | join(',
        ') }},
        cast(sum(node_cost) as {{ apportion.money() }}) as node_cost
    from drivers
    group by
        {{ key_hours | join(',
        ') }}

),

final as (

    select
        divided.charge_date,
        divided.x_source,
        divided.x_charge_id,
        divided.usage_key,
        divided.bill_key,
        divided.provider_name,
        divided.billing_account_id,
        divided.sub_account_id,
        case when divided.kind <> 'unobserved' then divided.telemetry_source end as telemetry_source,
        divided.kind as attribution_level,
        'node cost' as measured_in,
        coalesce(bases.idle_basis, 'no metrics') as quantity_basis,
        divided.node_cost as claimed_quantity,
        node_costs.node_cost as billed_quantity,
        node_costs.node_cost as seen_quantity,
        coalesce(measures.covered_share, 0) as covered_share,
        divided.x_api_key_id,
        divided.x_api_key_name,
        divided.x_principal,
        divided.x_gateway,
        case
            when divided.kind = 'workload'
                then divided.cluster || '/' || coalesce(divided.namespace, '__unallocated__')
                    || '/' || coalesce(divided.controller, '__unallocated__')
            else divided.cluster || '/__' || divided.kind || '__'
        end as x_workload,
        divided.labels as x_call_labels,
        divided.allocation_share,
        {%- for cost in costs %}
        divided.{{ cost }},
        {%- endfor %}
        '{{ attribution_version() }}' as attribution_version,
        divided.changed_at as x_changed_at

    from divided

    left join bases
        on divided.charge_date = bases.charge_date
        and divided.bill_key = bases.bill_key

    left join measures
        on {% for column in key_hours -%}
        {{ 'and ' if not loop.first }}divided.{{ column }} = measures.{{ column }}
        {% endfor %}
    left join node_costs
        on {% for column in key_hours -%}
        {{ 'and ' if not loop.first }}divided.{{ column }} = node_costs.{{ column }}
        {% endfor %}
    {#  A line that no weight meets is read through as it is. #}
    where divided.usage_key is not null

)

select * from final
