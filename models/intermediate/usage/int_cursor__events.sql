{#
    Whether an event is billed is told by its kind and isChargeable, never by its amount: included usage carries one too. What
    Cursor does not charge is included, whatever it is called; a kind that is not known yet is billed if it is chargeable.
#}
with

final as (

    select
        stg.*,
        {{ apportion.period_start('month', 'charge_date') }} as month_start,
        lower(coalesce(user_email, service_account_id)) as principal,
        case
            when lower(kind) like 'errored%' then 'errored'
            when lower(kind) like 'included%' or not coalesce(is_chargeable, true) then 'included'
            else 'billed'
        end as billing,
        case when coalesce(is_token_based, true) then 'tokens' else 'requests' end as billed_class
    from {{ ref('stg_cursor__usage_events') }} as stg

)

select * from final
