{% set sla = var('freshness_days') %}

with

sources as (
    {% for provider in var('providers') if apportion.text_literal(provider) not in apportion.providers_marked('seed_fed') %}
    select
        {{ apportion.text_literal(provider) }} as source,
        {{ sla.get(provider, sla['default']) }} as freshness_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

reads as (

    select
        provider,
        min(charge_date) as first_day,
        max(charge_date) as last_day,
        max(read_at) as last_read_at
    from {{ ref('int_completeness__reads') }}
    group by provider

),

days as (

    select
        source,
        max(case when bill_lines > 0 or usage_rows > 0 then charge_date end) as last_day_with_rows,
        count(distinct case when completeness_status = 'open' then charge_date end) as open_days,
        count(distinct case when completeness_status = 'missing' then charge_date end) as missing_days
    from {{ ref('fct_completeness') }}
    group by source

),

behind as (

    select
        sources.source,
        sources.freshness_days,
        reads.first_day,
        reads.last_day,
        reads.last_read_at,
        days.last_day_with_rows,
        coalesce(days.open_days, 0) as open_days,
        coalesce(days.missing_days, 0) as missing_days,
        {#  Yesterday is the newest day that can be known. #}
        {{ dbt.datediff('reads.last_day', apportion.today(), 'day') }} - 1 as days_since

    from sources

    left join reads
        on sources.source = reads.provider

    left join days
        on sources.source = days.source

),

final as (

    select
        source,
        first_day,
        last_day,
        last_day_with_rows,
        last_read_at,
        case when days_since < 0 then 0 else days_since end as days_behind,
        freshness_days,
        open_days,
        missing_days,
        case
            when last_day is null then 'never'
            when days_since > freshness_days then 'late'
            else 'fresh'
        end as freshness_status
    from behind

)

select * from final
