{# Net cost is cost plus credits: reading SKUs and joining credits neither drops nor doubles a line. #}
{{ config(enabled='vertex' in var('providers')) }}
{%- set staged -%}
    (
        select charge_date, 'row' as kind, cost as amount from {{ ref('stg_vertex__billing_export') }}
        union all
        select charge_date, 'Credit' as kind, amount from {{ ref('stg_vertex__credits') }}
    )
{%- endset -%}
{{ apportion.sums_that_differ(
    one=staged,
    other=ref('int_vertex__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['kind', 'kind', "case when charge_category = 'Credit' then 'Credit' else 'row' end"],
    ],
    amounts=[['lines', '1', '1'], ['amount', 'amount', 'billed_cost']],
) }}
