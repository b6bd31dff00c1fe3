{#
    The bank quotes every currency against the euro. The rate of two others is the quotient of their quotes, cut once
    at the last place of money(). Quotes have at most 8 decimals (the gate sees to it), so 10^8-fold they are integers.
#}
{% set one = apportion.power_of_ten(8) %}

with

euros as (

    select
        rate_date,
        currency,
        {{ apportion.units_of('units_per_euro', 8) }} as quote
    from {{ ref('stg_ecb__reference_rates') }}

),

quotes as (

    select * from euros

    union all

    select distinct
        rate_date,
        'EUR' as currency,
        {{ one }} as quote
    from euros

),

final as (

    select
        quotes.currency,
        quotes.rate_date,
        {{ apportion.money_of_units(
            apportion.integer_div('reporting.quote * ' ~ apportion.one_in_units(), 'quotes.quote')
        ) }} as rate

    from quotes

    inner join quotes as reporting
        on quotes.rate_date = reporting.rate_date

    where reporting.currency = '{{ var("reporting_currency") }}'
        and quotes.currency <> '{{ var("reporting_currency") }}'

)

select * from final
