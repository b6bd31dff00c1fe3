{#
    What fct_seat_usage calls billed is in the fact once; what it calls rated is on the invoice of another source, and its own
    source has no charge for it. A sample has the seats that are billed on its days.
#}
{% set billed %}
    select seats.*
    from {{ ref('fct_seat_usage') }} as seats
    where seats.cost_basis = 'billed' and seats.seat_cost is not null
        {% if apportion.sampled() -%}
        and exists (
            select 1
            from {{ ref('fct_charges') }} as charges
            where charges.x_source = seats.x_source
                and charges.x_principal = seats.principal
                and charges.x_token_class = 'seats'
                and {{ apportion.period_start('month', 'charges.charge_date') }} = seats.month_start
        )
        {%- endif %}
{% endset %}
{{ apportion.sums_that_differ(
    one='(' ~ billed ~ ')',
    other='(select * from ' ~ ref('fct_charges') ~ " where charge_category = 'Purchase' and x_token_class = 'seats')",
    keys=[
        ['x_source', 'x_source', 'x_source'], ['principal', 'principal', 'x_principal'],
        ['month_start', 'month_start', apportion.period_start('month', 'charge_date')],
        ['currency', 'currency', 'billing_currency'],
    ],
    amounts=[['seats', 'assigned_seats', '1'], ['cost', 'seat_cost', 'billed_cost']],
) }}
