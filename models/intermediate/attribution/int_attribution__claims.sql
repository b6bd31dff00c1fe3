-- depends_on: {{ ref('int_attribution__changed_days') }}
-- depends_on: {{ ref('int_attribution__version') }}
{#
    How much of a bill key each telemetry key claims. A telemetry quantity is claimed by one bill key only: where it may
    be on several (a gateway does not know the region, or the project), it is cut over them as the bill is.

    What the bill counts is its own quantity; else the provider's usage report on the same key; else the amount over the
    price of the day; else nothing is known and nothing is split. Where the bill has one amount for all token classes,
    or no model, both sides are counted in money at our prices, and what has no price stays out.

    Sources claim in the order of their rank, each what the ones before it left. Where they saw more than the bill counts,
    the last that still gets something shares that by the ratio.
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

{% set key_columns = ['provider', 'billing_account_id', 'sub_account_id', 'api_key_id', 'model', 'service_tier',
    'context_tier', 'region_scope', 'token_class'] %}
{% set seen_columns = ['telemetry_key', 'telemetry_source', 'source_rank', 'is_own', 'attribution_level', 'token_class',
    'quantity', 'counted_quantity', 'price_per_million', 'price_currency'] %}

with

days as (

    {{ apportion.days_to_write('x_source', apportion.is_current_attribution(), 'int_attribution__changed_days') }}

),

prices as (

    {{ apportion.dated_prices() }}

),

bill_keys as (

    select
        lines.charge_date,
        lines.x_source,
        lines.bill_key,
        {%- for column in key_columns %}
        {{ dbt.any_value('lines.' ~ column) }} as {{ column }},
        {%- endfor %}
        case
            when count(lines.consumed_quantity) = count(*)
                then cast(sum(lines.consumed_quantity) as {{ apportion.money() }})
        end as consumed_quantity,
        cast(sum(lines.list_cost) as {{ apportion.money() }}) as list_cost,
        {{ dbt.any_value('lines.billing_currency') }} as billing_currency,
        max(days.changed_at) as x_changed_at

    from {{ ref('int_attribution__lines') }} as lines

    inner join days
        on lines.x_source = days.provider
        and lines.charge_date = days.charge_date

    group by
        lines.charge_date,
        lines.x_source,
        lines.bill_key

),

{#  A bill that names keys anywhere means "no key" where it names none. #}
bills_with_keys as (

    select distinct
        x_source,
        billing_account_id
    from {{ ref('int_attribution__lines') }}
    where api_key_id is not null

),

keys as (

    select
        bill_keys.*,
        bills_with_keys.x_source is not null as knows_key,
        {#  Without a class, or with a class of tokens and no model, quantities cannot be compared. #}
        bill_keys.token_class = 'tokens'
        or (bill_keys.model is null and {{ apportion.is_token_class('bill_keys.token_class') }}) as is_valued,
        case when prices.currency = bill_keys.billing_currency then prices.price_per_million end as price_per_million

    from bill_keys

    left join bills_with_keys
        on bill_keys.x_source = bills_with_keys.x_source
        and bill_keys.billing_account_id = bills_with_keys.billing_account_id

    left join prices
        on bill_keys.model = prices.model
        and bill_keys.service_tier = prices.service_tier
        and bill_keys.token_class = prices.token_class
        and bill_keys.charge_date >= prices.valid_from
        and (bill_keys.charge_date < prices.valid_to or prices.valid_to is null)

),

telemetry as (

    select
        telemetry.*,
        telemetry.x_source as telemetry_source,
        coalesce(own_price.price_per_million, other_price.price_per_million) as price_per_million,
        coalesce(own_price.currency, other_price.currency) as price_currency

    from {{ ref('int_attribution__telemetry') }} as telemetry

    inner join (select distinct charge_date from bill_keys) as split_days
        on telemetry.charge_date = split_days.charge_date

    left join prices as own_price
        on telemetry.model = own_price.model
        and telemetry.service_tier = own_price.service_tier
        and telemetry.token_class = own_price.token_class
        and telemetry.charge_date >= own_price.valid_from
        and (telemetry.charge_date < own_price.valid_to or own_price.valid_to is null)

    {#  A class that mixes several has the price of what it mostly is. #}
    left join prices as other_price
        on telemetry.model = other_price.model
        and telemetry.service_tier = other_price.service_tier
        and case telemetry.token_class when 'input' then 'input_uncached' when 'cache_write' then 'cache_write_5m' end
            = other_price.token_class
        and telemetry.charge_date >= other_price.valid_from
        and (telemetry.charge_date < other_price.valid_to or other_price.valid_to is null)

    where telemetry.is_final
        and telemetry.quantity > 0

),

pairs as (

    {{ apportion.class_pairs('(select distinct token_class from telemetry) as classes') }}

),

{#  Three ways to the bill, so that each is found by equality in all that its side knows. #}
met as (
    {% for condition, found_by in [
        ['telemetry.knows_sub_account and keys.model is not null',
         "telemetry.model = keys.model and coalesce(telemetry.sub_account_id, '') = coalesce(keys.sub_account_id, '')"],
        ['not telemetry.knows_sub_account and keys.model is not null', 'telemetry.model = keys.model'],
        ['keys.model is null',
         "(not telemetry.knows_sub_account or coalesce(telemetry.sub_account_id, '') = coalesce(keys.sub_account_id, ''))"],
    ] %}
    select
        keys.x_source,
        keys.charge_date,
        keys.bill_key,
        keys.is_valued,
        keys.consumed_quantity,
        keys.list_cost,
        keys.price_per_million as key_price,
        keys.x_changed_at,
        keys.billing_currency,
        {#  A line that names the model is nearer than one that does not. #}
        pairs.distance + case when keys.model is null then 3 else 0 end as distance,
        {%- for column in seen_columns %}
        telemetry.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from telemetry

    inner join pairs
        on telemetry.token_class = pairs.token_class

    inner join keys
        on telemetry.charge_date = keys.charge_date
        and telemetry.provider = keys.provider
        and telemetry.service_tier = keys.service_tier
        and pairs.bill_class = keys.token_class
        and {{ found_by }}
        and (telemetry.billing_account_id is null or telemetry.billing_account_id = keys.billing_account_id)
        and (telemetry.context_tier is null or keys.context_tier is null or telemetry.context_tier = keys.context_tier)
        and (telemetry.region_scope is null or keys.region_scope is null or telemetry.region_scope = keys.region_scope)
        and (
            not keys.knows_key or not telemetry.knows_key
            or coalesce(telemetry.provider_key, '') = coalesce(keys.api_key_id, '')
        )

    where {{ condition }}
        and (not keys.is_valued or telemetry.price_per_million is not null)
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

nearest as (

    select
        met.*,
        min(distance) over (partition by charge_date, telemetry_key) as least_distance
    from met

),

measured as (

    select
        nearest.*,
        case when is_valued then {{ apportion.rated('quantity', 'price_per_million') }} else quantity end as own_measure,
        case when is_valued then {{ apportion.rated('counted_quantity', 'price_per_million') }} else counted_quantity end
            as measure
    from nearest
    where distance = least_distance

),

{#  What the provider's own report has on the key; another key's part of it is left out where it may be on both. #}
reported as (

    select
        bill_key,
        cast(sum(case when is_own then own_measure end) as {{ apportion.money() }}) as own_measure,
        min(case when price_currency = billing_currency then 1 else 0 end) as is_same_currency
    from measured
    group by bill_key

),

known as (

    select
        keys.bill_key,
        case
            when not keys.is_valued and keys.consumed_quantity > 0 then 'bill'
            when reported.own_measure > 0 then 'usage report'
            when keys.list_cost > 0 and keys.is_valued and reported.is_same_currency = 1 then 'price'
            when keys.list_cost > 0 and not keys.is_valued and keys.price_per_million > 0 then 'price'
        end as quantity_basis,
        case
            when not keys.is_valued and keys.consumed_quantity > 0 then keys.consumed_quantity
            when reported.own_measure > 0 then reported.own_measure
            when keys.list_cost > 0 and keys.is_valued and reported.is_same_currency = 1 then keys.list_cost
            when keys.list_cost > 0 and not keys.is_valued and keys.price_per_million > 0
                then cast({{ apportion.ratio('keys.list_cost', 'keys.price_per_million') }} * 1000000 as {{ apportion.money() }})
        end as billed_quantity

    from keys

    left join reported
        on keys.bill_key = reported.bill_key

),

on_known_keys as (

    select
        measured.*,
        known.billed_quantity,
        known.quantity_basis,
        count(*) over (partition by measured.charge_date, measured.telemetry_key) as possible_keys

    from measured

    inner join known
        on measured.bill_key = known.bill_key

    where known.billed_quantity > 0

),

uncertain as (

    select
        charge_date,
        telemetry_key,
        {{ apportion.one_text(['cast(charge_date as ' ~ dbt.type_string() ~ ')', 'telemetry_key']) }} as telemetry_day,
        max(measure) as measure
    from on_known_keys
    where possible_keys > 1 and measure > 0
    group by
        charge_date,
        telemetry_key

),

possible as (

    select
        {{ apportion.one_text(['cast(charge_date as ' ~ dbt.type_string() ~ ')', 'telemetry_key']) }} as telemetry_day,
        bill_key,
        {{ apportion.weight_of('billed_quantity') }} as weight
    from on_known_keys
    where possible_keys > 1 and measure > 0

),

cut as (

    {{ apportion.allocate_proportionally(
        amounts='uncertain', drivers='possible', partition_by=['telemetry_day'], weight='weight',
        order_by=['bill_key'], amount_columns=['measure'], keep=['telemetry_key'], targets=['bill_key'],
    ) }}

),

seen as (

    select
        on_known_keys.x_source,
        on_known_keys.charge_date,
        on_known_keys.bill_key,
        on_known_keys.telemetry_key,
        on_known_keys.telemetry_source,
        on_known_keys.source_rank,
        on_known_keys.attribution_level,
        on_known_keys.is_valued,
        on_known_keys.price_per_million,
        on_known_keys.quantity,
        on_known_keys.own_measure as reported_measure,
        on_known_keys.quantity_basis,
        on_known_keys.billed_quantity,
        on_known_keys.x_changed_at,
        coalesce(cut.measure, on_known_keys.measure) as measure

    from on_known_keys

    left join cut
        on on_known_keys.telemetry_key = cut.telemetry_key
        and on_known_keys.bill_key = cut.bill_key

    where on_known_keys.measure > 0

),

by_rank as (

    select
        bill_key,
        source_rank,
        cast(sum(measure) as {{ apportion.money() }}) as rank_measure
    from seen
    group by
        bill_key,
        source_rank

),

running as (

    select
        bill_key,
        source_rank,
        rank_measure,
        cast(sum(rank_measure) over (partition by bill_key) as {{ apportion.money() }}) as seen_quantity,
        cast(sum(rank_measure) over (
            partition by bill_key
            order by source_rank
            rows between unbounded preceding and current row
        ) as {{ apportion.money() }}) as seen_until
    from by_rank

),

claimed as (

    select
        seen.*,
        running.seen_quantity,
        running.rank_measure,
        case
            when running.seen_until <= seen.billed_quantity then running.rank_measure
            else greatest(
                cast(0 as {{ apportion.money() }}),
                seen.billed_quantity - (running.seen_until - running.rank_measure)
            )
        end as rank_claim

    from seen

    inner join running
        on seen.bill_key = running.bill_key
        and seen.source_rank = running.source_rank

),

parts as (

    select
        x_source,
        charge_date,
        bill_key,
        telemetry_key,
        telemetry_source,
        source_rank,
        attribution_level,
        case when is_valued then 'money at our prices' else 'quantity' end as measured_in,
        case when is_valued then price_per_million end as price_per_million,
        quantity_basis,
        billed_quantity,
        seen_quantity,
        cast(measure as {{ apportion.money() }}) as measure,
        {#  What a row of the telemetry key counts for here: 1 where all of it does. #}
        case
            when rank_claim = rank_measure and measure = reported_measure then cast(1 as {{ apportion.money() }})
            else {{ apportion.ratio(
                'case when rank_claim = rank_measure then measure else '
                ~ apportion.product_of('measure', apportion.ratio('rank_claim', 'rank_measure')) ~ ' end',
                'reported_measure'
            ) }}
        end as claimed_share,
        x_changed_at
    from claimed
    where rank_claim > 0

),

remainders as (

    select
        x_source,
        charge_date,
        bill_key,
        '' as telemetry_key,
        cast(null as {{ dbt.type_string() }}) as telemetry_source,
        cast(null as {{ dbt.type_int() }}) as source_rank,
        cast(null as {{ dbt.type_string() }}) as attribution_level,
        max(case when is_valued then 'money at our prices' else 'quantity' end) as measured_in,
        cast(null as {{ apportion.money() }}) as price_per_million,
        max(quantity_basis) as quantity_basis,
        max(billed_quantity) as billed_quantity,
        max(seen_quantity) as seen_quantity,
        cast(greatest(
            cast(0 as {{ apportion.money() }}), max(billed_quantity) - max(seen_quantity)
        ) as {{ apportion.money() }}) as measure,
        cast(1 as {{ apportion.money() }}) as claimed_share,
        max(x_changed_at) as x_changed_at
    from claimed
    group by
        x_source,
        charge_date,
        bill_key

),

final as (

    select
        parts.*,
        {{ apportion.current_attribution() }} as attribution_version
    from parts
    union all
    select
        remainders.*,
        {{ apportion.current_attribution() }} as attribution_version
    from remainders

)

select * from final
