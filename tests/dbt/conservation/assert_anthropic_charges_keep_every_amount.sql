{#
    Joining names and quantities neither drops nor doubles a line, and a day has the amounts of the report that bills
    it and of no other.
#}
{{ config(enabled='anthropic' in var('providers')) }}
{% set of_days = " as costs left join " ~ ref('int_anthropic__report_days')
    ~ " as days on costs.charge_date = days.charge_date where coalesce(days.report, 'admin') = " %}
{{ apportion.sums_that_differ(
    one='(select costs.charge_date, costs.amount, costs.amount as list_amount from ' ~ ref('stg_anthropic__costs')
        ~ of_days ~ "'admin' union all select costs.charge_date, costs.amount, coalesce(costs.list_amount, costs.amount)"
        ~ ' as list_amount from ' ~ ref('stg_anthropic__analytics_costs') ~ of_days ~ "'analytics')",
    other=ref('int_anthropic__charges'),
    keys=apportion.same_names(['charge_date']),
    amounts=[['lines', '1', '1'], ['amount', 'amount', 'billed_cost'], ['list_amount', 'list_amount', 'list_cost']],
) }}
