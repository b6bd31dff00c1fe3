{# Lines of models that azure leaves out of a month are what azure_openai bills of it, to the last digit. #}
{{ config(enabled='azure' in var('providers') and 'azure_openai' in var('providers')) }}
with

left_out as (

    select
        billing_account_id,
        cast(billing_period as {{ dbt.type_timestamp() }}) as billing_period_start,
        billing_currency,
        billed_cost
    from {{ ref('int_azure__lines') }}
    where is_billed_elsewhere

),

models as (

    select charges.*
    from {{ ref('int_azure_openai__charges') }} as charges
    where exists (
        select 1
        from {{ ref('int_azure__lines') }} as lines
        where {{ apportion.is_same('lines.billing_account_id', 'charges.billing_account_id') }}
            and cast(lines.billing_period as {{ dbt.type_timestamp() }}) = charges.billing_period_start
    )

)

{{ apportion.sums_that_differ(
    one='left_out',
    other='models',
    keys=apportion.same_names(['billing_account_id', 'billing_period_start', 'billing_currency']),
    amounts=[['billed', 'billed_cost', 'billed_cost']],
) }}
