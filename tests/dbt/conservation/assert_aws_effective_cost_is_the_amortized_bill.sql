{#
    Effective cost is what the rules of amortization give, line by line: covered usage at what its commitment costs, fees
    at what of them stayed unused, everything else as billed. Where amortization was not exported, a line counts as billed.
#}
{{ config(enabled='aws' in var('providers')) }}
{% set money = apportion.money() %}
{% set zero = 'cast(0 as ' ~ money ~ ')' %}
{% set lines %}
(
    select
        stg.*,
        min(case when stg.net_unblended_cost is null then 0 else 1 end) over (
            partition by stg.payer_account_id, stg.billing_period_start
        ) = 1 as is_net
    from {{ ref('stg_aws__cur') }} as stg
    where stg.parent_resource_id is null
        {%- if 'bedrock' in var('providers') %}
        and not (
            stg.is_of_bedrock
            and exists (
                select 1
                from {{ ref('stg_bedrock__cur') }} as bedrock
                where bedrock.payer_account_id = stg.payer_account_id
                    and bedrock.billing_period_start = stg.billing_period_start
            )
        )
        {%- endif %}
)
{% endset %}
{% set billed = 'case when is_net then net_unblended_cost else unblended_cost end' %}
{% set amortized %}
case
    when line_item_type = 'DiscountedUsage'
        then coalesce(case when is_net then coalesce(reservation_net_effective_cost, reservation_effective_cost) else reservation_effective_cost end, {{ billed }})
    when line_item_type = 'SavingsPlanCoveredUsage'
        then coalesce(case when is_net then coalesce(savings_plan_net_effective_cost, savings_plan_effective_cost) else savings_plan_effective_cost end, {{ billed }})
    when line_item_type in ('SavingsPlanNegation', 'SavingsPlanUpfrontFee') then {{ zero }}
    when line_item_type = 'Fee' and reservation_arn is not null then {{ zero }}
    when line_item_type = 'RIFee' and reservation_unused_upfront_fee is null and reservation_unused_recurring_fee is null
        then {{ billed }}
    when line_item_type = 'RIFee'
        then coalesce(case when is_net then coalesce(reservation_net_unused_upfront_fee, reservation_unused_upfront_fee) else reservation_unused_upfront_fee end, {{ zero }})
            + coalesce(case when is_net then coalesce(reservation_net_unused_recurring_fee, reservation_unused_recurring_fee) else reservation_unused_recurring_fee end, {{ zero }})
    when line_item_type = 'SavingsPlanRecurringFee'
        then coalesce(savings_plan_commitment - coalesce(savings_plan_used_commitment, {{ zero }}), {{ billed }})
    else {{ billed }}
end
{% endset %}
{{ apportion.sums_that_differ(
    one=lines,
    other=ref('int_aws__charges'),
    keys=[
        ['charge_date', 'charge_date', 'charge_date'],
        ['payer', 'payer_account_id', 'billing_account_id'],
        ['usage_account', 'usage_account_id', 'sub_account_id'],
        ['currency', 'currency', 'billing_currency'],
    ],
    amounts=[['cost', amortized, 'effective_cost']],
) }}
