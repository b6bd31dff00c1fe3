{#
    What was seen of the calls, whose bill they are on, and how much of it counts: a call that several sources saw
    counts once.

    Whose bill: a provider's own report names its account; a gateway's log needs a route, the one of its key and
    provider before the general one. What a gateway does not know (account, project, key) is told by its `knows_`
    column, since absent means "none" in a provider's own report and "unknown" in a gateway's.

    Once: of one provider key, what source n saw beyond the best of those ranked before it counts. Sources are compared
    key by key where all of them know it, else all keys together; in the finest token classes that all of them tell
    apart. A gateway's day that was not read in full is not heard: it neither counts nor takes from others.
#}
{% set columns = apportion.telemetry_columns() %}
{% set own_rank = 100 %}
{% set same_calls = ['charge_date', 'provider', 'billing_account_id', 'model', 'service_tier'] %}

with

usage_rows as (

    select
        charge_date,
        telemetry_key,
        {%- for column in columns %}
        {{ dbt.any_value(column) }} as {{ column }},
        {%- endfor %}
        cast(sum(quantity) as {{ apportion.money() }}) as quantity

    from {{ ref('int_usage__daily') }}

    group by
        charge_date,
        telemetry_key

),

routes as (

    select
        {{ apportion.normalised('source') }} as source,
        {{ apportion.normalised('gateway_key') }} as gateway_key,
        {{ apportion.trimmed('provider') }} as provider,
        {{ apportion.normalised('provider') }} as normalised_provider,
        {{ apportion.trimmed('billing_account') }} as billing_account,
        {{ apportion.trimmed('provider_key') }} as provider_key,
        rank as source_rank,
        valid_from
    from {{ ref('telemetry_routes') }}

),

routed as (

    select
        usage_rows.*,
        routes.source is not null as has_route,
        routes.provider as route_provider,
        routes.billing_account as route_account,
        routes.provider_key as route_key,
        routes.source_rank,
        usage_rows.billing_account_id is not null as is_own,
        row_number() over (
            partition by usage_rows.charge_date, usage_rows.telemetry_key
            order by
                case when routes.gateway_key is null then 1 else 0 end,
                case when routes.provider is null then 1 else 0 end,
                coalesce(routes.valid_from, cast('{{ var("first_date") }}' as date)) desc
        ) as best_first

    from usage_rows

    left join routes
        on {{ apportion.normalised('usage_rows.x_source') }} = routes.source
        and (
            routes.gateway_key is null
            or routes.gateway_key = {{ apportion.normalised('usage_rows.x_api_key_id') }}
            or routes.gateway_key = {{ apportion.normalised('usage_rows.x_api_key_name') }}
        )
        and (
            routes.normalised_provider is null
            or usage_rows.service_provider_name is null
            or routes.normalised_provider = {{ apportion.normalised('usage_rows.service_provider_name') }}
        )
        and (routes.valid_from is null or routes.valid_from <= usage_rows.charge_date)

),

on_a_bill as (

    select
        routed.*,
        coalesce(routed.service_provider_name, routed.route_provider) as provider
    from routed
    where routed.best_first = 1

),

{#  A provider's only account needs no route to name it. #}
accounts as (

    select
        provider,
        min(billing_account_id) as billing_account_id
    from on_a_bill
    where is_own
    group by provider
    having count(distinct billing_account_id) = 1

),

{#  The project of a key, as the provider's own report last told it. #}
keys_by_day as (

    select
        provider,
        x_api_key_id,
        sub_account_id,
        row_number() over (
            partition by provider, x_api_key_id
            order by charge_date desc, coalesce(sub_account_id, '') desc
        ) as newest_first
    from on_a_bill
    where is_own and x_api_key_id is not null

),

provider_keys as (

    select
        provider,
        x_api_key_id,
        sub_account_id
    from keys_by_day
    where newest_first = 1

),

days_read as (

    select
        provider,
        charge_date,
        usage_read_at
    from {{ ref('int_usage__days_read') }}

),

described as (

    select
        on_a_bill.charge_date,
        on_a_bill.telemetry_key,
        on_a_bill.x_source,
        case
            when on_a_bill.has_route then on_a_bill.source_rank
            when on_a_bill.is_own then {{ own_rank }}
        end as source_rank,
        on_a_bill.is_own,
        on_a_bill.provider,
        coalesce(on_a_bill.billing_account_id, on_a_bill.route_account, accounts.billing_account_id)
            as billing_account_id,
        case when on_a_bill.is_own then on_a_bill.sub_account_id else provider_keys.sub_account_id end as sub_account_id,
        on_a_bill.is_own or provider_keys.x_api_key_id is not null as knows_sub_account,
        case when on_a_bill.is_own then on_a_bill.x_api_key_id else on_a_bill.route_key end as provider_key,
        on_a_bill.is_own or on_a_bill.route_key is not null as knows_key,
        coalesce(models.canonical_model, on_a_bill.x_model) as model,
        coalesce(on_a_bill.x_service_tier, 'standard') as service_tier,
        on_a_bill.x_context_tier as context_tier,
        on_a_bill.x_region_scope as region_scope,
        on_a_bill.x_token_class as token_class,
        on_a_bill.x_attribution_level as attribution_level,
        days_read.provider is not null as is_final,
        days_read.provider is not null or on_a_bill.is_own as is_heard,
        on_a_bill.quantity,
        (on_a_bill.has_route or on_a_bill.is_own) and on_a_bill.provider is not null as is_routed

    from on_a_bill

    left join accounts
        on on_a_bill.provider = accounts.provider

    left join provider_keys
        on on_a_bill.provider = provider_keys.provider
        and on_a_bill.route_key = provider_keys.x_api_key_id

    left join {{ ref('int_models__named') }} as models
        on on_a_bill.service_provider_name = models.provider_name
        and on_a_bill.x_model = models.model

    left join days_read
        on on_a_bill.x_source = days_read.provider
        and on_a_bill.charge_date = days_read.charge_date
        and days_read.usage_read_at >= cast({{ apportion.days_after('on_a_bill.charge_date', 1) }} as {{ dbt.type_timestamp() }})

),

told_apart as (

    select
        described.*,
        max(case when token_class = 'input' then 1 else 0 end) over (
            partition by {{ same_calls | join(', ') }}
        ) as has_input,
        max(case when token_class = 'cache_write' then 1 else 0 end) over (
            partition by {{ same_calls | join(', ') }}
        ) as has_cache_write
    from described
    where is_routed

),

classed as (

    select
        told_apart.*,
        case
            {%- for coarse, fine in (apportion.coarse_classes().items() | list | reverse) %}
            when has_{{ coarse }} = 1 and token_class in ('{{ ([coarse] + fine) | join("', '") }}') then '{{ coarse }}'
            {%- endfor %}
            else token_class
        end as compared_class
    from told_apart

),

keyed as (

    select
        classed.*,
        min(case when knows_key then 1 else 0 end) over (
            partition by {{ same_calls | join(', ') }}, compared_class
        ) as all_know_keys
    from classed

),

compared as (

    select
        keyed.*,
        {{ apportion.fields_as_one(
            ['cast(charge_date as ' ~ dbt.type_string() ~ ')'] + same_calls[1:]
            + ['compared_class', 'case when all_know_keys = 1 then provider_key end']
        ) }} as calls
    from keyed

),

by_source as (

    select
        calls,
        source_rank,
        cast(sum(case when is_heard then quantity else 0 end) as {{ apportion.money() }}) as quantity
    from compared
    group by
        calls,
        source_rank

),

ranked as (

    select
        calls,
        source_rank,
        quantity,
        coalesce(max(quantity) over (
            partition by calls
            order by source_rank
            rows between unbounded preceding and 1 preceding
        ), 0) as seen_before
    from by_source

),

counted as (

    select
        compared.*,
        case
            when not compared.is_heard then cast(0 as {{ apportion.money() }})
            when ranked.seen_before <= 0 then compared.quantity
            when ranked.quantity <= ranked.seen_before then cast(0 as {{ apportion.money() }})
            else {{ apportion.product_of(
                'compared.quantity', apportion.ratio('(ranked.quantity - ranked.seen_before)', 'ranked.quantity')
            ) }}
        end as counted_quantity

    from compared

    inner join ranked
        on compared.calls = ranked.calls
        and compared.source_rank = ranked.source_rank

),

final as (

    select
        charge_date,
        telemetry_key,
        x_source,
        source_rank,
        is_own,
        provider,
        billing_account_id,
        sub_account_id,
        knows_sub_account,
        provider_key,
        knows_key,
        model,
        service_tier,
        context_tier,
        region_scope,
        token_class,
        attribution_level,
        is_final,
        quantity,
        cast(counted_quantity as {{ apportion.money() }}) as counted_quantity
    from counted

)

select * from final
