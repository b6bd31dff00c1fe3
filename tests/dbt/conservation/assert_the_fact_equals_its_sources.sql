{#
    Every line of every provider is in the fact once, and no line that its source has withdrawn. The sources are joined
    here and not by union_providers(): a provider that it left out would be missing on both sides.
#}
{% set columns = ['x_source', 'charge_date', 'billing_currency'] + apportion.cost_columns() %}
{% set sources = [] %}
{% for provider in var('providers') %}
    {% do sources.append('select ' ~ columns | join(', ') ~ ' from ' ~ ref('int_' ~ provider ~ '__charges')) %}
{% endfor %}
{{ apportion.sums_that_differ(
    one='(' ~ sources | join(' union all ') ~ ')',
    other=ref('fct_charges'),
    keys=apportion.same_names(['x_source', 'charge_date', 'billing_currency']),
    amounts=[['lines', '1', '1']] + apportion.costs_on_both_sides(),
) }}
