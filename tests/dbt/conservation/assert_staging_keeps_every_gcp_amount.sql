{# Costs and credits become decimals, and nothing else. #}
{{ config(enabled='gcp' in var('providers')) }}
{%- set raw -%}
    (
        select charge_date, 'cost' as kind, cost as amount
        from ({{ apportion.raw_columns(source('raw_gcp', 'billing_export'), [['charge_date', 'date'], ['cost', 'text']]) }}) as costs
        union all
        select charge_date, 'credit' as kind, amount
        from ({{ apportion.raw_columns(source('raw_gcp', 'credits'), [['charge_date', 'date'], ['amount', 'text']]) }}) as credits
    )
{%- endset -%}
{%- set staged -%}
    (
        select charge_date, 'cost' as kind, cost as amount from {{ ref('stg_gcp__billing_export') }}
        union all
        select charge_date, 'credit' as kind, amount from {{ ref('stg_gcp__credits') }}
    )
{%- endset -%}
{{ apportion.sums_that_differ(
    one=raw,
    other=staged,
    keys=apportion.same_names(['charge_date', 'kind']),
    amounts=[['lines', '1', '1'], ['amount', 'cast(amount as ' ~ apportion.money() ~ ')', 'amount']],
) }}
