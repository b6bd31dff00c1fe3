{#
    A ratio of sums, never a mean of ratios, over the days on which both sides are complete: a day whose bill has
    not arrived would make the unit look cheap.
#}
with

outputs as (

    select
        stg.output_date,
        known.spelling as feature,
        stg.metric,
        stg.quantity

    from {{ ref('stg_business_outputs__business_outputs') }} as stg

    inner join {{ ref('int_ownership__known_owners') }} as known
        on known.tag = 'feature'
        and {{ apportion.normalised('stg.feature') }} = known.normalised

),

costs as (

    select * from {{ ref('int_costs__by_feature') }}

),

last_output as (

    select max(output_date) as last_day from outputs

),

{#  From the first output of a metric to the last day that costs and outputs both know. #}
spans as (

    select
        outputs.feature,
        outputs.metric,
        min(outputs.output_date) as first_day,
        {{ apportion.least_of('min(last_output.last_day)', 'min(loaded.complete_until)') }} as last_day

    from outputs

    cross join last_output

    cross join {{ ref('int_costs__loaded_until') }} as loaded

    group by outputs.feature, outputs.metric

),

days as (

    select
        spans.feature,
        spans.metric,
        dates.date_day,
        dates.month_start

    from spans

    inner join {{ ref('dim_dates') }} as dates
        on dates.date_day >= spans.first_day
        and dates.date_day <= spans.last_day

),

produced as (

    select
        feature,
        metric,
        output_date,
        cast(sum(quantity) as {{ apportion.money() }}) as quantity
    from outputs
    group by feature, metric, output_date

),

summed as (

    select
        days.month_start,
        days.feature,
        days.metric,
        count(*) as days_counted,
        cast(sum(coalesce(produced.quantity, 0)) as {{ apportion.money() }}) as quantity,
        cast(sum(coalesce(costs.direct_cost, 0)) as {{ apportion.money() }}) as direct_cost,
        cast(sum(coalesce(costs.shared_cost, 0)) as {{ apportion.money() }}) as shared_cost,
        cast(sum(coalesce(costs.effective_cost, 0)) as {{ apportion.money() }}) as effective_cost

    from days

    left join produced
        on days.feature = produced.feature
        and days.metric = produced.metric
        and days.date_day = produced.output_date

    left join costs
        on days.feature = costs.feature
        and days.date_day = costs.charge_date

    group by days.month_start, days.feature, days.metric

),

final as (

    select
        month_start,
        feature,
        metric,
        days_counted,
        '{{ var("reporting_currency") }}' as reporting_currency,
        quantity,
        direct_cost,
        shared_cost,
        effective_cost,
        {{ apportion.ratio('effective_cost', 'quantity') }} as unit_cost

    from summed

)

select * from final
