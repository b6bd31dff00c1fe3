{#
    An invoice is costs and credits: folding credits into their rows and dividing fees neither drops nor doubles anything. Lines
    that source `vertex` bills are left out on both sides.
#}
{{ config(enabled='gcp' in var('providers')) }}
{%- set staged -%}
    (
        select charge_date, billing_account_id, invoice_month, currency, cost as amount
        from {{ ref('int_gcp__lines') }}
        where not is_billed_by_vertex
        union all
        select lines.charge_date, lines.billing_account_id, lines.invoice_month, lines.currency, credits.amount
        from {{ ref('stg_gcp__credits') }} as credits
        inner join {{ ref('int_gcp__lines') }} as lines
            on credits.line_id = lines.line_id
        where not lines.is_billed_by_vertex
    )
{%- endset -%}
{%- set month = apportion.month_of_text('invoice_month') -%}
{{ apportion.sums_that_differ(
    one=staged,
    other=ref('int_gcp__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['billing_account_id', 'billing_account_id', 'billing_account_id'],
        ['month', month, 'cast(billing_period_start as date)'],
        ['currency', 'currency', 'billing_currency'],
    ],
    amounts=[['billed', 'amount', 'billed_cost'], ['effective', 'amount', 'effective_cost']],
) }}
