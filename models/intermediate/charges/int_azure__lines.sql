{#
    Actual and amortized cost tell of the same money. Where both were exported, all amortized rows count, and of the
    actual ones what bought or gave back reservations and savings plans: that is billed and covers later usage, and what
    it covers is billed 0. Where only actual cost was exported, it is billed and effective cost at once.
    The bill is the actual cost: what the amortized rows of a day do not hold of it (they may be a day behind) is a line
    of its own. Lines of models that azure_openai reads of the same account and month are marked and not billed here.
#}
{% set texts = [
    'availability_zone', 'benefit_name', 'billing_account_id', 'billing_account_name', 'billing_currency', 'charge_type',
    'consumed_service', 'cost_allocation_rule_name', 'frequency', 'invoice_id', 'meter_category', 'meter_id',
    'meter_name', 'part_number', 'pricing_currency', 'pricing_model', 'product_id', 'product_name', 'publisher_name',
    'publisher_type', 'resource_id', 'resource_location', 'resource_name', 'subscription_id', 'subscription_name', 'tags',
    'unit_of_measure', 'commitment_id', 'commitment_type', 'commitment_name',
] %}
{% set amounts = [
    'cost_in_pricing_currency', 'effective_price', 'exchange_rate_pricing_to_billing', 'pay_g_price',
    'payg_cost_in_billing_currency', 'quantity', 'unit_price',
] %}
{% set dates = ['service_period_start_date', 'service_period_end_date', 'billing_period_end_date'] %}

with

named as (

    select
        stg.*,
        coalesce(stg.billing_account_id, '') as billing_account_key,
        coalesce(stg.billing_period_start_date, {{ apportion.period_start('month', 'stg.charge_date') }}) as billing_period,
        coalesce(nullif(lower(stg.benefit_id), ''), nullif(lower(stg.reservation_id), '')) as commitment_id,
        case
            when lower(stg.pricing_model) = 'savingsplan' or lower(stg.benefit_id) like '%/microsoft.billingbenefits/%'
                or lower(stg.charge_type) = 'unusedsavingsplan'
                then 'Savings Plan'
            when lower(stg.pricing_model) = 'reservation' or lower(stg.benefit_id) like '%/microsoft.capacity/%'
                or lower(stg.charge_type) = 'unusedreservation' or nullif(stg.reservation_id, '') is not null
                then 'Reservation'
        end as commitment_type,
        coalesce(stg.benefit_name, stg.reservation_name) as commitment_name,
        coalesce(lower(stg.charge_type) in ('purchase', 'refund'), false) as is_purchase,
        coalesce(
            lower(stg.charge_type) in ('usage', 'unusedreservation', 'unusedsavingsplan'), stg.charge_type is null
        ) as is_usage
    from {{ ref('stg_azure__cost_details') }} as stg

),

months as (

    select
        billing_account_key,
        billing_period,
        max(case when export_kind = 'amortized' then 1 else 0 end) as is_amortized,
        max(case when export_kind = 'actual' then 1 else 0 end) as is_actual
    from named
    group by billing_account_key, billing_period

),

{#  What the source of models bills itself. #}
elsewhere as (

    {% if 'azure_openai' in var('providers') -%}
    select distinct
        coalesce(models.billing_account_id, '') as billing_account_key,
        coalesce(models.billing_period_start_date, {{ apportion.period_start('month', 'models.charge_date') }})
            as billing_period
    from {{ ref('stg_azure_openai__cost_details') }} as models
    {%- else -%}
    {{ apportion.no_rows([['billing_account_key', 'text'], ['billing_period', 'date']]) }}
    {%- endif %}

),

details as (

    select
        named.*,
        months.is_amortized = 1 as is_amortized_month,
        months.is_amortized = 1 and months.is_actual = 1 as has_both,
        named.is_purchase and named.commitment_type is not null as is_commitment_purchase,
        named.is_usage and named.commitment_type is not null as is_covered,
        coalesce(named.meter_kind = 'model' and elsewhere.billing_period is not null, false) as is_billed_elsewhere
    from named
    inner join months
        on named.billing_account_key = months.billing_account_key and named.billing_period = months.billing_period
    left join elsewhere
        on named.billing_account_key = elsewhere.billing_account_key and named.billing_period = elsewhere.billing_period

),

lines as (

    select
        details.*,
        case
            when export_kind = 'amortized' and is_covered then 0
            else cost_in_billing_currency
        end as billed_cost,
        case
            when is_amortized_month and is_commitment_purchase then 0
            else cost_in_billing_currency
        end as effective_cost
    from details
    where (export_kind = 'amortized' and not is_commitment_purchase)
        or (export_kind = 'actual' and (is_commitment_purchase or not is_amortized_month))

),

{#  Both sides of the bill, by day; the purchases are the same rows on both. #}
compared as (

    select
        charge_date,
        billing_account_id,
        billing_period,
        subscription_id,
        billing_currency,
        is_billed_elsewhere,
        cost_in_billing_currency as amount,
        0 as amortized_rows
    from details
    where has_both and export_kind = 'actual'
    union all
    select
        charge_date,
        billing_account_id,
        billing_period,
        subscription_id,
        billing_currency,
        is_billed_elsewhere,
        -billed_cost as amount,
        case when export_kind = 'amortized' then 1 else 0 end as amortized_rows
    from lines
    where has_both

),

amortized_days as (

    select
        charge_date,
        billing_account_id,
        max(amortized_rows) as is_amortized_day
    from compared
    group by charge_date, billing_account_id

),

missing as (

    select
        compared.charge_date,
        compared.billing_account_id,
        compared.billing_period,
        compared.subscription_id,
        compared.billing_currency,
        compared.is_billed_elsewhere,
        max(days.is_amortized_day) as is_amortized_day,
        cast(sum(compared.amount) as {{ apportion.money() }}) as amount
    from compared
    inner join amortized_days as days
        on compared.charge_date = days.charge_date
            and {{ apportion.is_same('compared.billing_account_id', 'days.billing_account_id') }}
    group by
        compared.charge_date, compared.billing_account_id, compared.billing_period, compared.subscription_id,
        compared.billing_currency, compared.is_billed_elsewhere
    having sum(compared.amount) <> 0

),

final as (

    select
        line_id,
        charge_date,
        billing_period,
        export_kind,
        {%- for column in texts + amounts + dates %}
        {{ column }},
        {%- endfor %}
        is_usage,
        is_covered,
        is_commitment_purchase,
        is_amortized_month,
        is_billed_elsewhere,
        cast(billed_cost as {{ apportion.money() }}) as billed_cost,
        cast(effective_cost as {{ apportion.money() }}) as effective_cost
    from lines
    union all
    select
        {{ dbt.concat([
            "'not amortized#'", "coalesce(billing_account_id, '')", "'#'", 'cast(charge_date as ' ~ dbt.type_string() ~ ')',
            "'#'", "coalesce(subscription_id, '')", "'#'", 'billing_currency',
            "'#'", 'cast(billing_period as ' ~ dbt.type_string() ~ ')',
            "case when is_billed_elsewhere then '#models' else '' end",
        ]) }} as line_id,
        charge_date,
        billing_period,
        'actual' as export_kind,
        {%- for column in texts %}
        {% if column in ('billing_account_id', 'subscription_id', 'billing_currency') -%}
            {{ column }}
        {%- elif column == 'charge_type' -%}
            'NotAmortized'
        {%- elif column == 'product_name' -%}
            case
                when is_amortized_day = 1 then 'Actual cost that the amortized export of the day does not hold'
                else 'Actual cost of a day that the amortized export does not hold yet'
            end
        {%- else -%}
            cast(null as {{ dbt.type_string() }})
        {%- endif %} as {{ column }},
        {%- endfor %}
        {%- for column in amounts %}
        cast(null as {{ apportion.money() }}) as {{ column }},
        {%- endfor %}
        {%- for column in dates %}
        cast(null as date) as {{ column }},
        {%- endfor %}
        false as is_usage,
        false as is_covered,
        false as is_commitment_purchase,
        true as is_amortized_month,
        is_billed_elsewhere,
        amount as billed_cost,
        case when is_amortized_day = 1 then 0 else amount end as effective_cost
    from missing

)

select * from final
