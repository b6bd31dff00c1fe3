{# Every quantity that providers report is in int_usage__daily once; joined here for the reason the fact's test gives. #}
{% set sources = [] %}
{% for provider in var('providers') %}
    {% do sources.append(
        'select x_source, charge_date, x_token_class, quantity from ' ~ ref('int_' ~ provider ~ '__usage')
    ) %}
{% endfor %}
{{ apportion.sums_that_differ(
    one=apportion.of_sampled_days('(' ~ sources | join(' union all ') ~ ')'),
    other=ref('int_usage__daily'),
    keys=apportion.same_names(['x_source', 'charge_date', 'x_token_class']),
    amounts=[['quantity', 'quantity', 'quantity']],
) }}
