{# A row of billing_accounts.csv that only differs in case or blanks from an account on the bill does nothing. #}
{{ config(severity='warn') }}
with

billed as (

    select distinct
        service_provider_name,
        billing_account_id
    from {{ ref('int_costs__daily') }}

),

exact as (

    select distinct
        accounts.provider,
        accounts.billing_account

    from {{ ref('int_accounts__dated') }} as accounts

    inner join billed
        on accounts.provider = billed.service_provider_name
        and accounts.billing_account = billed.billing_account_id

)

select
    accounts.provider,
    accounts.billing_account,
    billed.service_provider_name as provider_on_the_bill,
    billed.billing_account_id as account_on_the_bill

from {{ ref('int_accounts__dated') }} as accounts

inner join billed
    on {{ apportion.normalised('accounts.provider') }} = {{ apportion.normalised('billed.service_provider_name') }}
    and {{ apportion.normalised('accounts.billing_account') }} = {{ apportion.normalised('billed.billing_account_id') }}

left join exact
    on accounts.provider = exact.provider
    and accounts.billing_account = exact.billing_account

where exact.provider is null
