{#
    Bills that people keep (manual_charges.csv, subscriptions.csv, files of custom costs) where another source bills the same
    provider and account in the same days: one of the two counts twice. A test makes an error of every row.
#}
{% set kept = apportion.kept_by_people() %}
with

charges as (

    select
        x_source,
        x_charge_id,
        {{ apportion.normalised('service_provider_name') }} as provider,
        {{ apportion.normalised('billing_account_id') }} as account_id,
        {{ apportion.normalised('billing_account_name') }} as account_name,
        charge_date as first_day,
        {{ apportion.last_day_of_charge('charges') }} as last_day,
        billing_currency,
        billed_cost,
        effective_cost
    from {{ ref('fct_charges') }} as charges

),

kept as (

    select * from charges
    where x_source in ('{{ kept | join("', '") }}')

),

others as (

    select
        x_source,
        provider,
        account_id,
        account_name,
        first_day,
        last_day,
        billing_currency,
        sum(billed_cost) as billed_cost
    from charges
    group by
        x_source,
        provider,
        account_id,
        account_name,
        first_day,
        last_day,
        billing_currency

),

met as (

    select
        kept.x_charge_id,
        kept.x_source,
        kept.provider,
        kept.account_id,
        kept.first_day,
        kept.last_day,
        kept.billing_currency,
        kept.billed_cost,
        kept.effective_cost,
        others.x_source as other_source,
        others.billing_currency as other_currency,
        sum(others.billed_cost) as other_billed_cost

    from kept

    inner join others
        on kept.provider = others.provider
        and (kept.account_id = others.account_id or kept.account_id = others.account_name)
        and kept.x_source <> others.x_source
        and kept.first_day <= others.last_day
        and kept.last_day >= others.first_day

    group by
        kept.x_charge_id,
        kept.x_source,
        kept.provider,
        kept.account_id,
        kept.first_day,
        kept.last_day,
        kept.billing_currency,
        kept.billed_cost,
        kept.effective_cost,
        others.x_source,
        others.billing_currency

),

final as (

    select
        x_charge_id,
        provider,
        account_id,
        {{ dbt.concat([
            'provider', "', account '", 'account_id', "', '", apportion.text_of('first_day'), "' to '", apportion.text_of('last_day'),
            "': '", apportion.number_text('billed_cost'), "' '", 'billing_currency', "' billed and '", apportion.number_text('effective_cost'),
            "' effective are kept by hand ('", 'x_charge_id', "'), and '", apportion.number_text('other_billed_cost'), "' '", 'other_currency',
            "' are billed by the source '", 'other_source', "'; keep one of them'",
        ]) }} as told
    from met

)

select * from final
