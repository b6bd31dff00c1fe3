{#
    A price holds for whole months: that of a month is the one valid on its first day. invoiced_by is kept only where it
    names an enabled source: a bill must not vanish because the source that should bring it is not there.
#}
with

prices as (

    select
        {{ apportion.normalised('provider') }} as provider,
        coalesce({{ apportion.normalised('plan') }}, '') as plan,
        price_per_month,
        {{ apportion.trimmed('currency') }} as currency,
        case
            when {{ apportion.normalised('invoiced_by') }} in ('{{ var("providers") | join("', '") }}')
                then {{ apportion.normalised('invoiced_by') }}
        end as invoiced_by,
        coalesce(valid_from, cast('{{ var("first_date") }}' as date)) as valid_from
    from {{ ref('seat_prices') }}

),

dated as (

    select
        prices.*,
        lead(valid_from) over (partition by provider, plan order by valid_from) as valid_to
    from prices

),

months as (

    select date_day as month_start from {{ ref('dim_dates') }}
    where date_day = {{ apportion.period_start('month', 'date_day') }}

),

final as (

    select
        dated.provider,
        dated.plan,
        months.month_start,
        dated.price_per_month,
        dated.currency,
        dated.invoiced_by

    from dated

    inner join months
        on months.month_start >= dated.valid_from
        and (months.month_start < dated.valid_to or dated.valid_to is null)

)

select * from final
