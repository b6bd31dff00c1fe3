{#
    What the whole export leaves out is what source `vertex` bills of the same account, invoice month and service, to the last
    digit. Where they differ, one of the two has not read all files of the export.
#}
{{ config(enabled='gcp' in var('providers') and 'vertex' in var('providers')) }}
{%- set key = ['billing_account_id', 'invoice_month', 'service'] -%}
{%- set left_out -%}
    (
        select
            lines.billing_account_id,
            lines.invoice_month,
            coalesce(lines.service_description, lines.service_id) as service,
            lines.cost + coalesce(credits.amount, 0) as amount
        from {{ ref('int_gcp__lines') }} as lines
        left join (
            select line_id, sum(amount) as amount
            from {{ ref('stg_gcp__credits') }}
            group by line_id
        ) as credits
            on lines.line_id = credits.line_id
        where lines.is_billed_by_vertex
    )
{%- endset -%}
{%- set vertex -%}
    (
        select
            charges.billing_account_id,
            replace(substr(cast(cast(charges.billing_period_start as date) as {{ dbt.type_string() }}), 1, 7), '-', '') as invoice_month,
            charges.service_name as service,
            charges.billed_cost as amount
        from {{ ref('int_vertex__charges') }} as charges
        {#  Accounts that the whole export does not hold are vertex's alone. #}
        inner join (
            select distinct
                billing_account_id,
                coalesce(service_description, service_id) as service,
                {{ apportion.month_of_text('invoice_month') }} as month
            from {{ ref('int_gcp__lines') }}
            where is_billed_by_vertex
        ) as known
            on charges.billing_account_id = known.billing_account_id
            and charges.service_name = known.service
            and cast(charges.billing_period_start as date) = known.month
    )
{%- endset -%}
{{ apportion.sums_that_differ(
    one=left_out, other=vertex, keys=apportion.same_names(key), amounts=[['amount', 'amount', 'amount']]
) }}
