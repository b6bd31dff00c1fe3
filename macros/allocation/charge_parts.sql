{#
    Lines of the bill meet their owners again, line by line, day by day and caller by caller: marts work on tuples and days
    instead. A line that telemetry split has a row for each part of it, with its share of the line in units of 10^-18.
    charges   fct_charges or a part of it
#}
{% macro charge_days(charges) %}
    {% set reported = ['service_provider_name', 'billing_account_id', 'sub_account_id', 'service_name', 'x_model'] %}

    with

    lines as (

        select
            charges.x_charge_id,
            charges.charge_date as line_date,
            {{ apportion.last_day_of_charge('charges') }} as last_day,
            cast(charges.billing_period_start as date) as billing_period_start,
            {{ apportion.charge_kind('charges') }} as charge_kind,
            {%- for column in apportion.daily_attributes() %}
            {{ apportion.attribute_of_part(column) }} as {{ column['name'] }},
            {%- endfor %}
            charges.tags,
            coalesce(parts.x_call_labels, charges.x_call_labels) as x_call_labels,
            parts.x_charge_id is not null as is_split,
            parts.telemetry_source,
            parts.claimed_quantity,
            case
                when parts.measured_in = 'quantity' then coalesce(charges.consumed_unit, parts.measured_in)
                else parts.measured_in
            end as claimed_unit,
            coalesce({{ apportion.units_of('parts.allocation_share', 18) }}, {{ apportion.one_in_units() }}) as part_units
        from {{ charges }} as charges
        left join {{ ref('fct_attributed_charges') }} as parts
            on charges.x_charge_id = parts.x_charge_id

    ),

    labelled as (

        {{ apportion.with_labels('lines') }}

    ),

    keyed as (

        select
            x_charge_id,
            line_date,
            last_day,
            billing_period_start,
            {{ reported | join(',\n        ') }},
            is_split,
            telemetry_source,
            claimed_quantity,
            claimed_unit,
            part_units,
            {{ apportion.tag_key() }} as tag_key
        from labelled

    ),

    final as (

        select
            keyed.x_charge_id,
            days.charge_date,
            days.owned_from,
            keyed.billing_period_start,
            keyed.service_provider_name as provider_name,
            keyed.billing_account_id,
            keyed.sub_account_id,
            keyed.service_name,
            keyed.x_model as model,
            keyed.tag_key,
            keyed.is_split,
            keyed.telemetry_source,
            keyed.claimed_quantity,
            keyed.claimed_unit,
            keyed.part_units,
            coalesce(ownership.ownership, 'direct') as ownership,
            ownership.shared_pool,
            ownership.rule_id,
            {%- for column in apportion.owner_columns() %}
            coalesce(ownership.{{ column }}, 'Unallocated') as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}

        from keyed

        inner join {{ ref('int_ownership__days') }} as days
            on days.charge_date >= keyed.line_date
            and days.charge_date <= keyed.last_day

        left join {{ ref('dim_ownership') }} as ownership
            on keyed.tag_key = ownership.tag_key
            and days.owned_from = ownership.valid_from

    )

    select * from final
{% endmacro %}


{#
    Lines of the bill that are shared, divided like their tuples are in fct_allocated_costs: each day of a line weighs
    the same, within a day its parts as telemetry split it, and within these its pool's shares or those of the usage it
    follows. Costs and quantities add up to the
    line exactly; their sums over many lines may differ from the mart's by units of 10^-18, since it divides sums.
    charges   fct_charges or a part of it
#}
{% macro charge_parts(charges) %}
    {% set owners = apportion.owner_columns() %}
    {% set one = apportion.one_in_units() %}
    {% set amounts = apportion.cost_columns() + ['pricing_currency_effective_cost', 'pricing_quantity', 'consumed_quantity',
        'commitment_discount_quantity'] %}
    {% set parted = ['pool', 'allocation_method', 'allocation_path', 'driver', 'driver_unit', 'rule_id'] + owners %}

    with

    charge_days as (

        {{ apportion.charge_days(charges) }}

    ),

    shared_lines as (

        select distinct x_charge_id from charge_days
        where ownership <> 'direct' or is_split

    ),

    shared_charges as (

        select
            charges.x_charge_id,
            {%- for amount in amounts %}
            charges.{{ amount }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ charges }} as charges
        inner join shared_lines
            on charges.x_charge_id = shared_lines.x_charge_id

    ),

    pool_rows as (

        select * from charge_days
        where ownership = 'pool'

    ),

    pool_days as (

        {{ apportion.with_flow('pool_rows') }}

    ),

    pool_shares as (

        {{ apportion.shares_in_units(
            ref('int_allocation__shares'), ['pool_rule', 'charge_date', 'flow'], ['last_pool', 'target_type', 'target']
        ) }}

    ),

    follow_shares as (

        {{ apportion.shares_in_units(
            ref('int_allocation__follow_weights'),
            ['line_provider', 'line_billing_account', 'line_billing_period', 'line_sub_account', 'line_service'], owners
        ) }}

    ),

    weights as (

        select
            charge_days.x_charge_id,
            charge_days.charge_date,
            cast(null as {{ dbt.type_string() }}) as pool,
            case when charge_days.is_split then 'attributed' else 'direct' end as allocation_method,
            case
                {%- if apportion.node_sources() %}
                when charge_days.telemetry_source in ('{{ apportion.node_sources() | join("', '") }}')
                    then {{ dbt.concat(["'workloads seen by '", 'charge_days.telemetry_source']) }}
                {%- endif %}
                when charge_days.telemetry_source is not null
                    then {{ dbt.concat(["'calls seen by '", 'charge_days.telemetry_source']) }}
                when charge_days.is_split then 'not seen by telemetry'
            end as allocation_path,
            charge_days.telemetry_source as driver,
            charge_days.claimed_unit as driver_unit,
            charge_days.claimed_quantity as driver_quantity,
            charge_days.rule_id,
            {%- for owner in owners %}
            charge_days.{{ owner }},
            {%- endfor %}
            charge_days.part_units as weight

        from charge_days

        inner join shared_lines
            on charge_days.x_charge_id = shared_lines.x_charge_id

        where charge_days.ownership = 'direct'

        union all

        select
            pool_days.x_charge_id,
            pool_days.charge_date,
            pool_days.shared_pool as pool,
            coalesce(shares.allocation_method, 'fallback:unallocated') as allocation_method,
            coalesce(shares.allocation_path, {{ dbt.concat(['pool_days.shared_pool', "' > Unallocated'"]) }}) as allocation_path,
            shares.driver,
            shares.driver as driver_unit,
            shares.driver_quantity,
            pool_days.rule_id,
            {%- for owner in owners %}
            {{ 'pool_days.' ~ owner if owner in ['environment', 'customer']
                else "coalesce(shares." ~ owner ~ ", 'Unallocated')" }} as {{ owner }},
            {%- endfor %}
            {{ apportion.integer_div(
                'pool_days.part_units * coalesce(shares.share_units, ' ~ one ~ ')', one
            ) }} as weight

        from pool_days

        left join pool_shares as shares
            on pool_days.pool_rule = shares.pool_rule
            and pool_days.charge_date = shares.charge_date
            and pool_days.flow = shares.flow

        union all

        select
            charge_days.x_charge_id,
            charge_days.charge_date,
            cast(null as {{ dbt.type_string() }}) as pool,
            'follow' as allocation_method,
            {{ dbt.concat(["'usage of the same '", 'shares.level']) }} as allocation_path,
            case when shares.level is not null then 'effective_cost' end as driver,
            case when shares.level is not null then 'effective_cost' end as driver_unit,
            shares.driver_quantity,
            cast(null as {{ dbt.type_string() }}) as rule_id,
            {%- for owner in owners %}
            coalesce(shares.{{ owner }}, 'Unallocated') as {{ owner }},
            {%- endfor %}
            coalesce(shares.share_units, {{ one }}) as weight

        from charge_days

        left join follow_shares as shares
            on coalesce(charge_days.provider_name, '') = shares.line_provider
            and coalesce(charge_days.billing_account_id, '') = shares.line_billing_account
            and coalesce(charge_days.billing_period_start, cast('{{ var("first_date") }}' as date)) = shares.line_billing_period
            and coalesce(charge_days.sub_account_id, '') = shares.line_sub_account
            and coalesce(charge_days.service_name, '') = shares.line_service

        where charge_days.ownership = 'follow'

    ),

    {#  A part may be a long line's on many days: once per owner and way is enough. #}
    summed as (

        select
            x_charge_id,
            {{ parted | join(',\n        ') }},
            min(charge_date) as first_day,
            cast(sum(driver_quantity) as {{ apportion.money() }}) as driver_quantity,
            cast(sum(weight) as {{ apportion.wide_integer() }}) as weight
        from weights
        group by
            x_charge_id,
            {{ parted | join(',\n        ') }}

    ),

    ordered as (

        select
            summed.*,
            row_number() over (
                partition by x_charge_id
                order by first_day, coalesce(allocation_path, ''), {{ owners | join(', ') }}, allocation_method, weight
            ) as part
        from summed
        where weight > 0

    ),

    final as (

        {{ apportion.allocate_proportionally(
            amounts='shared_charges', drivers='ordered', partition_by=['x_charge_id'], weight='weight', order_by=['part'],
            amount_columns=amounts, keep=['x_charge_id'], targets=['part', 'driver_quantity'] + parted,
        ) }}

    )

    select * from final
{% endmacro %}
