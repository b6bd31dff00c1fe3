{#
    Seats that another source should invoice, in a month for which that source has no line of the provider: the money is on no
    bill. A warning, since an invoice may come after the month.
#}
{{ config(severity='warn') }}
select seats.provider_name, seats.invoiced_by, seats.month_start, sum(seats.seat_cost) as seat_cost
from {{ ref('fct_seat_usage') }} as seats
left join (
    select distinct
        x_source,
        {{ apportion.normalised('coalesce(service_provider_name, provider_name)') }} as provider,
        {{ apportion.period_start('month', 'cast(billing_period_start as date)') }} as month_start
    from {{ ref('fct_charges') }}
) as invoices
    on seats.invoiced_by = invoices.x_source
    and {{ apportion.normalised('seats.provider_name') }} = invoices.provider
    and seats.month_start = invoices.month_start
where seats.invoiced_by is not null and invoices.x_source is null
group by seats.provider_name, seats.invoiced_by, seats.month_start
