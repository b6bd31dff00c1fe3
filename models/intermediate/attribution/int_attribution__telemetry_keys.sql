{#
    Whose bill a telemetry key is on. A provider's own report names its account; a gateway's log needs a route, the one of
    its key and provider before the general one. What a gateway does not know (account, project, key) is told by its
    `knows_` column, since absent means "none" in a provider's own report and "unknown" in a gateway's.

    Telemetry that does not know the project, or the key, of a bill that tells several apart has no place on it: to cut it
    over all of them would give one team's money to another's calls.
#}
{% set own_rank = 100 %}
{% set open_start = "cast('" ~ var('first_date') ~ "' as date)" %}

with

keys as (

    select
        telemetry_key,
        {%- for column in apportion.telemetry_columns() %}
        {{ dbt.any_value(column) }} as {{ column }},
        {%- endfor %}
        max(charge_date) as last_day
    from {{ ref('int_usage__daily') }}
    group by telemetry_key

),

routes as (

    select
        {{ apportion.normalised('source') }} as source,
        {{ apportion.normalised('gateway_key') }} as gateway_key,
        {{ apportion.trimmed('provider') }} as provider,
        {{ apportion.normalised('provider') }} as normalised_provider,
        {{ apportion.trimmed('billing_account') }} as billing_account,
        {{ apportion.trimmed('provider_key') }} as provider_key,
        cast(rank as {{ dbt.type_bigint() }}) as source_rank,
        coalesce(valid_from, {{ open_start }}) as valid_from
    from {{ ref('telemetry_routes') }}

),

{#  Found by equality: by the id of the key at the gateway, by its name, or for all of its keys. #}
possible_routes as (
    {% for condition in [
        'routes.gateway_key = ' ~ apportion.normalised('keys.x_api_key_id'),
        'routes.gateway_key = ' ~ apportion.normalised('keys.x_api_key_name'),
        'routes.gateway_key is null',
    ] %}
    select
        keys.telemetry_key,
        routes.provider as route_provider,
        routes.billing_account as route_account,
        routes.provider_key as route_key,
        routes.source_rank,
        {{ loop.index }} as generality,
        routes.valid_from

    from keys

    inner join routes
        on {{ apportion.normalised('keys.x_source') }} = routes.source
        and {{ condition }}
        and (
            routes.normalised_provider is null
            or keys.service_provider_name is null
            or routes.normalised_provider = {{ apportion.normalised('keys.service_provider_name') }}
        )
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

starts as (

    select telemetry_key, valid_from from possible_routes
    union all
    select telemetry_key, {{ open_start }} as valid_from from keys

),

stretches as (

    select
        telemetry_key,
        valid_from,
        lead(valid_from) over (partition by telemetry_key order by valid_from) as valid_to
    from (select distinct telemetry_key, valid_from from starts) as distinct_starts

),

ranked_routes as (

    select
        stretches.telemetry_key,
        stretches.valid_from,
        possible_routes.route_provider,
        possible_routes.route_account,
        possible_routes.route_key,
        possible_routes.source_rank,
        row_number() over (
            partition by stretches.telemetry_key, stretches.valid_from
            order by
                possible_routes.generality asc,
                case when possible_routes.route_provider is null then 1 else 0 end asc,
                possible_routes.valid_from desc,
                possible_routes.source_rank asc,
                coalesce(possible_routes.route_key, '') asc
        ) as best_first

    from stretches

    inner join possible_routes
        on stretches.telemetry_key = possible_routes.telemetry_key
        and stretches.valid_from >= possible_routes.valid_from

),

on_a_bill as (

    select
        keys.*,
        stretches.valid_from,
        stretches.valid_to,
        best.route_account,
        best.route_key,
        keys.billing_account_id is not null as is_own,
        coalesce(keys.service_provider_name, best.route_provider) as provider,
        case
            when best.source_rank is not null then best.source_rank
            when keys.billing_account_id is not null then {{ own_rank }}
        end as source_rank

    from keys

    inner join stretches
        on keys.telemetry_key = stretches.telemetry_key

    left join (select * from ranked_routes where best_first = 1) as best
        on stretches.telemetry_key = best.telemetry_key
        and stretches.valid_from = best.valid_from

),

{#  A bill's only account needs no route to name it. #}
accounts as (

    select
        provider,
        min(billing_account_id) as only_account
    from {{ ref('int_attribution__lines') }}
    group by provider
    having count(distinct billing_account_id) = 1

),

{#  The project of a key, as the provider's own report last told it. #}
newest_keys as (

    select
        provider,
        billing_account_id,
        x_api_key_id,
        sub_account_id,
        row_number() over (
            partition by provider, billing_account_id, x_api_key_id
            order by last_day desc, coalesce(sub_account_id, '') desc
        ) as newest_first
    from on_a_bill
    where is_own and x_api_key_id is not null

),

{#  A route may name several keys of one project, with | between them: the project is known then, not the key. #}
route_keys as (

    select distinct
        provider,
        route_account,
        route_key
    from on_a_bill
    where route_key is not null and not is_own

),

route_places as (

    select
        route_keys.provider,
        route_keys.route_account,
        route_keys.route_key,
        min(coalesce(newest_keys.sub_account_id, '')) as first_sub_account,
        max(coalesce(newest_keys.sub_account_id, '')) as last_sub_account

    from route_keys

    inner join newest_keys
        on route_keys.provider = newest_keys.provider
        and (route_keys.route_account is null or route_keys.route_account = newest_keys.billing_account_id)
        and newest_keys.newest_first = 1
        and {{ dbt.position(
            apportion.one_text(["'|'", 'newest_keys.x_api_key_id', "'|'"]),
            apportion.one_text(["'|'", 'route_keys.route_key', "'|'"])
        ) }} > 0

    group by
        route_keys.provider,
        route_keys.route_account,
        route_keys.route_key

),

{#  What the bills tell apart. #}
bills as (

    select
        provider,
        billing_account_id,
        count(distinct coalesce(api_key_id, '')) > 1 as tells_keys,
        count(distinct coalesce(sub_account_id, '')) > 1 as tells_sub_accounts
    from {{ ref('int_attribution__lines') }}
    group by
        provider,
        billing_account_id

),

described as (

    select
        on_a_bill.telemetry_key,
        on_a_bill.valid_from,
        on_a_bill.valid_to,
        on_a_bill.x_source,
        on_a_bill.source_rank,
        on_a_bill.is_own,
        on_a_bill.provider,
        coalesce(on_a_bill.billing_account_id, on_a_bill.route_account, accounts.only_account) as billing_account_id,
        case
            when on_a_bill.is_own then on_a_bill.sub_account_id
            when places.first_sub_account = places.last_sub_account then nullif(places.first_sub_account, '')
        end as sub_account_id,
        on_a_bill.is_own or coalesce(places.first_sub_account = places.last_sub_account, false) as knows_sub_account,
        case
            when on_a_bill.is_own then on_a_bill.x_api_key_id
            when on_a_bill.route_key not like '%|%' then on_a_bill.route_key
        end as provider_key,
        on_a_bill.is_own or coalesce(on_a_bill.route_key not like '%|%', false) as knows_key,
        coalesce(models.canonical_model, on_a_bill.x_model) as model,
        coalesce(on_a_bill.x_service_tier, 'standard') as service_tier,
        on_a_bill.x_context_tier as context_tier,
        on_a_bill.x_region_scope as region_scope,
        on_a_bill.x_token_class as token_class,
        on_a_bill.x_attribution_level as attribution_level

    from on_a_bill

    left join accounts
        on on_a_bill.provider = accounts.provider

    left join route_places as places
        on on_a_bill.provider = places.provider
        and on_a_bill.route_key = places.route_key
        and coalesce(on_a_bill.route_account, '') = coalesce(places.route_account, '')

    left join {{ ref('int_models__named') }} as models
        on on_a_bill.service_provider_name = models.provider_name
        and on_a_bill.x_model = models.model

    where on_a_bill.provider is not null
        {#  Rank 0 leaves calls out on purpose. #}
        and on_a_bill.source_rank > 0

),

placed as (

    select described.*

    from described

    left join bills
        on described.provider = bills.provider
        and described.billing_account_id = bills.billing_account_id

    where (described.knows_key or not coalesce(bills.tells_keys, false))
        and (described.knows_sub_account or not coalesce(bills.tells_sub_accounts, false))

),

final as (

    select
        placed.*,
        {#  Numbers for what is compared day by day: texts would cost most of the time. #}
        row_number() over (order by telemetry_key, valid_from) as telemetry_number,
        dense_rank() over (
            order by {{ apportion.fields_as_one(['provider', 'billing_account_id', 'model', 'service_tier']) }}
        ) as calls_number,
        dense_rank() over (order by {{ apportion.fields_as_one(['provider', 'sub_account_id']) }}) as sub_account_number,
        dense_rank() over (order by {{ apportion.fields_as_one(['provider', 'provider_key']) }}) as key_number
    from placed

)

select * from final
