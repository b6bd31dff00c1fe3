-- depends_on: {{ ref('int_attribution__changed_days') }}
-- depends_on: {{ ref('telemetry_routes') }}
-- depends_on: {{ ref('model_prices') }}
-- depends_on: {{ ref('models') }}
{#
    How much of a bill key each telemetry key was seen to use. A telemetry quantity is claimed by one bill key only: where
    it may be on several (a gateway does not know the region, or the project), it is cut over them as the bill is.

    What the bill counts is its own quantity; else the provider's usage report on the same key; else the amount over the
    price of the day; else nothing is known and nothing is split. Where the bill has one amount for all token classes,
    or no model, both sides are counted in money at our prices, and what has no price stays out.

    Which keys can meet is found once, without days; what each day holds of them is then joined by numbers.
#}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        pre_hook="{{ apportion.delete_changed_days(
            'x_source', 'charge_date', apportion.is_current_attribution(), 'int_attribution__changed_days',
            'days.is_splittable'
        ) }}",
    )
}}

{% set changed = ['x_source', apportion.is_current_attribution(), 'int_attribution__changed_days', 'days.is_splittable'] %}
{% set key_columns = ['x_source', 'provider', 'billing_account_id', 'sub_account_id', 'api_key_id', 'model', 'service_tier',
    'context_tier', 'region_scope', 'token_class', 'billing_currency'] %}
{% set met_columns = ['x_source', 'charge_date', 'bill_key', 'is_valued', 'consumed_quantity', 'list_cost', 'x_changed_at',
    'telemetry_key', 'telemetry_number', 'source_rank', 'is_own', 'usage_rows', 'quantity', 'counted_quantity',
    'price_per_million', 'is_same_currency'] %}

with

days as (

    {{ apportion.days_to_write(*changed) }}

),

lines as (

    select
        lines.*,
        days.changed_at
    from {{ ref('int_attribution__lines') }} as lines
    inner join days
        on lines.x_source = days.provider
        and lines.charge_date = days.charge_date
    where {{ apportion.on_days_to_write('lines.charge_date', *changed) }}

),

bill_days as (

    select
        charge_date,
        bill_key,
        case
            when count(consumed_quantity) = count(*) then cast(sum(consumed_quantity) as {{ apportion.money() }})
        end as consumed_quantity,
        cast(sum(list_cost) as {{ apportion.money() }}) as list_cost,
        max(changed_at) as x_changed_at
    from lines
    group by
        charge_date,
        bill_key

),

bill_keys as (

    select
        bill_key,
        {%- for column in key_columns %}
        {{ dbt.any_value(column) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from lines
    group by bill_key

),

{#  A bill that names keys anywhere means "no key" where it names none. #}
bills_with_keys as (

    select * from {{ ref('int_attribution__bills_with_keys') }}

),

keys as (

    select
        bill_keys.*,
        bills_with_keys.x_source is not null as knows_key,
        {#  Without a class, or with a class of tokens and no model, quantities cannot be compared. #}
        bill_keys.token_class = 'tokens'
        or (bill_keys.model is null and {{ apportion.is_token_class('bill_keys.token_class') }}) as is_valued

    from bill_keys

    left join bills_with_keys
        on bill_keys.x_source = bills_with_keys.x_source
        and bill_keys.billing_account_id = bills_with_keys.billing_account_id

),

telemetry_keys as (

    select * from {{ ref('int_attribution__telemetry_keys') }}

),

pairs as (

    {{ apportion.class_pairs('(select distinct token_class from telemetry_keys) as classes') }}

),

{#  Three ways to the bill, so that each is found by equality in all that its side knows. #}
possible as (
    {% for condition, found_by in [
        ['telemetry_keys.knows_sub_account and keys.model is not null',
         "telemetry_keys.model = keys.model and coalesce(telemetry_keys.sub_account_id, '') = coalesce(keys.sub_account_id, '')"],
        ['not telemetry_keys.knows_sub_account and keys.model is not null', 'telemetry_keys.model = keys.model'],
        ['keys.model is null', "(not telemetry_keys.knows_sub_account"
         ~ " or coalesce(telemetry_keys.sub_account_id, '') = coalesce(keys.sub_account_id, ''))"],
    ] %}
    select
        telemetry_keys.telemetry_number,
        telemetry_keys.is_own,
        keys.x_source,
        keys.bill_key,
        keys.is_valued,
        {#  A line that names the model is nearer than one that does not. #}
        pairs.distance + case when keys.model is null then 3 else 0 end as distance,
        telemetry_keys.model as priced_model,
        telemetry_keys.service_tier as priced_tier,
        telemetry_keys.token_class as priced_class,
        keys.billing_currency

    from telemetry_keys

    inner join pairs
        on telemetry_keys.token_class = pairs.token_class

    inner join keys
        on telemetry_keys.provider = keys.provider
        and telemetry_keys.service_tier = keys.service_tier
        and pairs.bill_class = keys.token_class
        and {{ found_by }}
        and (telemetry_keys.billing_account_id is null or telemetry_keys.billing_account_id = keys.billing_account_id)
        and (
            telemetry_keys.context_tier is null or keys.context_tier is null
            or telemetry_keys.context_tier = keys.context_tier
        )
        and (
            telemetry_keys.region_scope is null or keys.region_scope is null
            or telemetry_keys.region_scope = keys.region_scope
        )
        and (
            not keys.knows_key or not telemetry_keys.knows_key
            or coalesce(telemetry_keys.provider_key, '') = coalesce(keys.api_key_id, '')
        )

    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

choices as (

    select
        telemetry_number,
        count(*) as possible_keys,
        max(case when is_valued then 1 else 0 end) as any_valued
    from possible
    group by telemetry_number

),

prices as (

    {{ apportion.dated_prices() }}

),

telemetry as (

    select *
    from {{ ref('int_attribution__telemetry') }}
    where is_final
        and counted_quantity > 0
        and {{ apportion.on_days_to_write('charge_date', *changed) }}

),

{#  Nearly all telemetry can be on one key only, and is counted as the bill counts. #}
plain as (

    select
        possible.x_source,
        telemetry.charge_date,
        possible.bill_key,
        possible.is_valued,
        bill_days.consumed_quantity,
        bill_days.list_cost,
        bill_days.x_changed_at,
        telemetry.telemetry_key,
        telemetry.telemetry_number,
        telemetry.source_rank,
        possible.is_own,
        telemetry.usage_rows,
        telemetry.quantity,
        telemetry.counted_quantity,
        cast(null as {{ apportion.money() }}) as price_per_million,
        1 as is_same_currency

    from telemetry

    inner join choices
        on telemetry.telemetry_number = choices.telemetry_number
        and choices.possible_keys = 1
        and choices.any_valued = 0

    inner join possible
        on telemetry.telemetry_number = possible.telemetry_number

    inner join bill_days
        on telemetry.charge_date = bill_days.charge_date
        and possible.bill_key = bill_days.bill_key

),

met as (

    select
        possible.x_source,
        telemetry.charge_date,
        possible.bill_key,
        possible.is_valued,
        bill_days.consumed_quantity,
        bill_days.list_cost,
        bill_days.x_changed_at,
        telemetry.telemetry_key,
        telemetry.telemetry_number,
        telemetry.source_rank,
        possible.is_own,
        telemetry.usage_rows,
        telemetry.quantity,
        telemetry.counted_quantity,
        possible.distance,
        possible.billing_currency,
        coalesce(own_price.price_per_million, other_price.price_per_million) as price_per_million,
        coalesce(own_price.currency, other_price.currency) as price_currency

    from telemetry

    inner join choices
        on telemetry.telemetry_number = choices.telemetry_number
        and (choices.possible_keys > 1 or choices.any_valued = 1)

    inner join possible
        on telemetry.telemetry_number = possible.telemetry_number

    inner join bill_days
        on telemetry.charge_date = bill_days.charge_date
        and possible.bill_key = bill_days.bill_key

    left join prices as own_price
        on possible.is_valued
        and possible.priced_model = own_price.model
        and possible.priced_tier = own_price.service_tier
        and possible.priced_class = own_price.token_class
        and telemetry.charge_date >= own_price.valid_from
        and (telemetry.charge_date < own_price.valid_to or own_price.valid_to is null)

    {#  A class that mixes several has the price of what it mostly is. #}
    left join prices as other_price
        on possible.is_valued
        and possible.priced_model = other_price.model
        and possible.priced_tier = other_price.service_tier
        and case possible.priced_class when 'input' then 'input_uncached' when 'cache_write' then 'cache_write_5m' end
            = other_price.token_class
        and telemetry.charge_date >= other_price.valid_from
        and (telemetry.charge_date < other_price.valid_to or other_price.valid_to is null)

),

nearest as (

    select
        met.*,
        case when price_currency = billing_currency or not is_valued then 1 else 0 end as is_same_currency,
        min(distance) over (partition by charge_date, telemetry_number) as least_distance
    from met
    where not is_valued or price_per_million is not null

),

measured as (
    {% for relation, condition in [['plain', 'true'], ['nearest', 'distance = least_distance']] %}
    select
        {{ met_columns | join(',
        ') }},
        {% if relation == 'plain' -%}
        quantity as reported_measure,
        counted_quantity as measure
        {%- else -%}
        case when is_valued then {{ apportion.rated('quantity', 'price_per_million') }} else quantity end as reported_measure,
        case when is_valued then {{ apportion.rated('counted_quantity', 'price_per_million') }} else counted_quantity end
            as measure
        {%- endif %}
    from {{ relation }}
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

{#  Where the bill does not count, the provider's own report may. #}
uncounted as (

    select
        charge_date,
        bill_key,
        max(is_valued) as is_valued,
        max(list_cost) as list_cost,
        cast(sum(case when is_own then reported_measure end) as {{ apportion.money() }}) as own_measure,
        min(is_same_currency) as is_same_currency
    from (
        select
            charge_date,
            bill_key,
            case when is_valued then 1 else 0 end as is_valued,
            list_cost,
            is_own,
            reported_measure,
            is_same_currency
        from measured
        where is_valued or consumed_quantity is null or consumed_quantity <= 0
    ) as without_quantity
    group by
        charge_date,
        bill_key

),

estimated as (

    select
        uncounted.charge_date,
        uncounted.bill_key,
        case when uncounted.own_measure > 0 then 'usage report' else 'price' end as quantity_basis,
        case
            when uncounted.own_measure > 0 then uncounted.own_measure
            when uncounted.list_cost <= 0 then null
            when uncounted.is_valued = 1 and uncounted.is_same_currency = 1 then uncounted.list_cost
            when uncounted.is_valued = 0 and prices.price_per_million > 0 and prices.currency = keys.billing_currency
                then cast(
                    {{ apportion.ratio('uncounted.list_cost', 'prices.price_per_million') }} * 1000000
                as {{ apportion.money() }})
        end as billed_quantity

    from uncounted

    inner join keys
        on uncounted.bill_key = keys.bill_key

    left join prices
        on keys.model = prices.model
        and keys.service_tier = prices.service_tier
        and keys.token_class = prices.token_class
        and uncounted.charge_date >= prices.valid_from
        and (uncounted.charge_date < prices.valid_to or prices.valid_to is null)

),

on_known_keys as (

    select
        measured.*,
        case when estimated.bill_key is null then measured.consumed_quantity else estimated.billed_quantity end
            as billed_quantity,
        coalesce(estimated.quantity_basis, 'bill') as quantity_basis

    from measured

    left join estimated
        on measured.charge_date = estimated.charge_date
        and measured.bill_key = estimated.bill_key

    where measured.measure > 0
        and case when estimated.bill_key is null then measured.consumed_quantity else estimated.billed_quantity end > 0

),

on_several_keys as (

    select
        on_known_keys.charge_date,
        on_known_keys.telemetry_number
    from on_known_keys
    inner join choices
        on on_known_keys.telemetry_number = choices.telemetry_number
        and choices.possible_keys > 1
    group by
        on_known_keys.charge_date,
        on_known_keys.telemetry_number
    having count(*) > 1

),

uncertain as (

    select
        on_known_keys.charge_date,
        on_known_keys.telemetry_number,
        on_known_keys.bill_key,
        on_known_keys.measure,
        {{ apportion.weight_of('on_known_keys.billed_quantity') }} as weight
    from on_known_keys
    inner join on_several_keys
        on on_known_keys.charge_date = on_several_keys.charge_date
        and on_known_keys.telemetry_number = on_several_keys.telemetry_number

),

uncertain_measures as (

    select
        charge_date,
        telemetry_number,
        max(measure) as measure
    from uncertain
    group by
        charge_date,
        telemetry_number

),

cut as (

    {{ apportion.allocate_proportionally(
        amounts='uncertain_measures', drivers='uncertain', partition_by=['charge_date', 'telemetry_number'],
        weight='weight', order_by=['bill_key'], amount_columns=['measure'],
        keep=['charge_date', 'telemetry_number'], targets=['bill_key'],
    ) }}

),

final as (

    select
        on_known_keys.x_source,
        on_known_keys.charge_date,
        on_known_keys.bill_key,
        on_known_keys.telemetry_key,
        on_known_keys.source_rank,
        case when on_known_keys.is_valued then 'money at our prices' else 'quantity' end as measured_in,
        on_known_keys.quantity_basis,
        on_known_keys.billed_quantity,
        on_known_keys.price_per_million,
        on_known_keys.usage_rows,
        cast(on_known_keys.reported_measure as {{ apportion.money() }}) as reported_measure,
        cast(coalesce(cut.measure, on_known_keys.measure) as {{ apportion.money() }}) as measure,
        '{{ attribution_version() }}' as attribution_version,
        on_known_keys.x_changed_at

    from on_known_keys

    left join cut
        on on_known_keys.charge_date = cut.charge_date
        and on_known_keys.telemetry_number = cut.telemetry_number
        and on_known_keys.bill_key = cut.bill_key

)

select * from final
