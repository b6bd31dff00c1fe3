-- depends_on: {{ ref('int_charges__changed_days') }}
{# Counted when a day is written, so that the ledger need not scan the fact. #}
{{
    config(
        materialized='incremental',
        incremental_strategy=apportion.append_strategy(),
        on_schema_change='fail',
        pre_hook="{{ apportion.delete_changed_days('x_source', 'charge_date', may_have=apportion.may_bill()) }}",
    )
}}

with

days as (

    {{ apportion.days_to_write('x_source', may_have=apportion.may_bill()) }}

),

final as (

    select
        charges.x_source,
        charges.charge_date,
        charges.billing_currency,
        count(*) as bill_lines,
        cast(sum(charges.billed_cost) as {{ apportion.money() }}) as billed_cost,
        cast(sum(charges.effective_cost) as {{ apportion.money() }}) as effective_cost,
        max(days.changed_at) as x_changed_at

    from {{ ref('fct_charges') }} as charges

    inner join days
        on charges.x_source = days.provider
        and charges.charge_date = days.charge_date

    where {{ apportion.on_days_to_write('charges.charge_date', 'x_source', may_have=apportion.may_bill()) }}

    group by charges.x_source, charges.charge_date, charges.billing_currency

)

select * from final
