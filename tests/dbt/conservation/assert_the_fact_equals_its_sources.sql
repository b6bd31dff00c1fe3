{#
    Every line of every provider is in the fact once, and no line that its source has withdrawn. Usage of a prepaid
    account is billed 0, and keeps its other costs. The sources are joined here and not by union_providers(): a provider
    that it left out would be missing on both sides.
#}
{% set columns = [
    'x_source', 'charge_date', 'billing_currency', 'service_provider_name', 'billing_account_id', 'charge_category',
] + apportion.cost_columns() %}
{% set sources = [] %}
{% for provider in var('providers') %}
    {% do sources.append('select ' ~ columns | join(', ') ~ ' from ' ~ ref('int_' ~ provider ~ '__charges')) %}
{% endfor %}
{% set sources_as_billed %}
    select
        x_source,
        charge_date,
        billing_currency,
        case when payment = 'prepaid' and charge_category = 'Usage' then 0 else billed_cost end as billed_cost,
        effective_cost,
        contracted_cost,
        list_cost

    from ({{ sources | join(' union all ') }}) as sources

    left join {{ ref('int_accounts__dated') }} as accounts
        on sources.service_provider_name = accounts.provider
        and sources.billing_account_id = accounts.billing_account
        and sources.charge_date >= accounts.valid_from
        and sources.charge_date < accounts.valid_to
{% endset %}
{{ apportion.sums_that_differ(
    one=apportion.of_sampled_days('(' ~ sources_as_billed ~ ')'),
    other=ref('fct_charges'),
    keys=apportion.same_names(['x_source', 'charge_date', 'billing_currency']),
    amounts=[['lines', '1', '1']] + apportion.costs_on_both_sides(),
) }}
