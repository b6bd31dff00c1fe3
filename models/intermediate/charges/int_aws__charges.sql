{#
    What AWS bills, in the words of FOCUS. Three of its habits have no word there:

    A savings plan shows usage at its on-demand price and takes it back in a line of its own (SavingsPlanNegation). Here
    such usage is billed 0, and the negation is no line. What the two do not cancel, by account, day and usage type, is
    a line of its own, so that no cent of the bill is lost.
    A fee of a commitment (RIFee, SavingsPlanRecurringFee) pays for usage that has the effective cost, and says how much
    of it nobody used: a purchase with effective cost 0, and beside it a line of what stayed unused.
    A machine that is split over pods has its line and one for each pod. The machine's is the bill.

    Billed is unblended cost, effective is amortized cost. Where every line of a payer's billing period has a net cost,
    both are net of private discounts; else both are gross. Blended cost is an average over accounts and read nowhere.
#}
{% set money = apportion.money() %}
{% set zero = 'cast(0 as ' ~ money ~ ')' %}
{% set one = 'cast(1 as ' ~ money ~ ')' %}
{# AWS rounds amounts to ten decimals: what is nearer than this is price x quantity. #}
{% set rounding = "cast('0.000001' as " ~ money ~ ')' %}
{% set pair = ['payer_account_id', 'billing_period_start', 'usage_account_id', 'charge_date', 'usage_type', 'currency'] %}
{% set leaves_bedrock = 'bedrock' in var('providers') %}

{#
    The lines with their amounts. They are read three times, as whole rows and for the few that give a second one: a
    common table expression of all columns would be kept as a whole in memory, which costs more than to read again.
#}
{% set amounts %}
(
    select
        lines.*,
        case when is_net then net_unblended_cost else unblended_cost end as cost,
        case
            when kind = 'reserved'
                then case when is_net then coalesce(reservation_net_effective_cost, reservation_effective_cost)
                    else reservation_effective_cost end
            when kind = 'planned'
                then case when is_net then coalesce(savings_plan_net_effective_cost, savings_plan_effective_cost)
                    else savings_plan_effective_cost end
        end as covered_cost,
        case
            when kind = 'reservation_fee' and is_net
                then coalesce(
                    coalesce(reservation_net_unused_upfront_fee, {{ zero }}) + reservation_net_unused_recurring_fee,
                    reservation_net_unused_upfront_fee,
                    coalesce(reservation_unused_upfront_fee, {{ zero }}) + reservation_unused_recurring_fee,
                    reservation_unused_upfront_fee
                )
            when kind = 'reservation_fee'
                then coalesce(
                    coalesce(reservation_unused_upfront_fee, {{ zero }}) + reservation_unused_recurring_fee,
                    reservation_unused_upfront_fee
                )
            when kind = 'plan_fee' then savings_plan_commitment - coalesce(savings_plan_used_commitment, {{ zero }})
        end as left_over
    from (
        select
            stg.*,
            coalesce(bills.is_net, false) as is_net,
            coalesce(stg.product_name, products.product_name, stg.product_code) as service,
            coalesce(products.service_category, 'Other') as service_category,
            coalesce(products.service_subcategory, 'Other (Other)') as service_subcategory,
            case
                when stg.line_item_type = 'SavingsPlanCoveredUsage' then 'planned'
                when stg.line_item_type = 'SavingsPlanNegation' then 'negation'
                when stg.line_item_type = 'DiscountedUsage' then 'reserved'
                when stg.line_item_type = 'RIFee' then 'reservation_fee'
                when stg.line_item_type = 'SavingsPlanRecurringFee' then 'plan_fee'
                when stg.line_item_type = 'SavingsPlanUpfrontFee' then 'plan_upfront'
                when stg.line_item_type = 'Fee' and stg.reservation_arn is not null then 'reservation_upfront'
                when stg.line_item_type = 'Refund' then 'refund'
                else 'other'
            end as kind
        from {{ ref('stg_aws__cur') }} as stg

        left join parents
            on stg.payer_account_id = parents.payer_account_id
                and stg.billing_period_start = parents.billing_period_start
                and stg.parent_resource_id = parents.resource_id

        left join bills
            on stg.payer_account_id = bills.payer_account_id
                and stg.billing_period_start = bills.billing_period_start

        left join products
            on stg.product_code = products.product_code

        {% if leaves_bedrock -%}
        left join bedrock_bills
            on stg.payer_account_id = bedrock_bills.payer_account_id
                and stg.billing_period_start = bedrock_bills.billing_period_start
        {%- endif %}

        {#  A split line without its machine on the bill, that costs something by itself, is a line like others. #}
        where (stg.parent_resource_id is null or (parents.resource_id is null and stg.unblended_cost <> 0))
        {%- if leaves_bedrock %}
            and not (stg.is_of_bedrock and bedrock_bills.payer_account_id is not null)
        {%- endif %}
    ) as lines
) as amounts
{%- endset %}

with

parents as (

    select distinct
        payer_account_id,
        billing_period_start,
        resource_id
    from {{ ref('stg_aws__cur') }}
    where parent_resource_id is null
        and resource_id in (
            select split.parent_resource_id
            from {{ ref('stg_aws__cur') }} as split
            where split.parent_resource_id is not null
        )

),

bills as (

    select
        payer_account_id,
        billing_period_start,
        min(case when net_unblended_cost is null then 0 else 1 end) = 1 as is_net
    from {{ ref('stg_aws__cur') }}
    where parent_resource_id is null
    group by
        payer_account_id,
        billing_period_start

),

{#  Taxes and fees often lack the name of their product. What kind of service it is, is told once for each. #}
products as (

    select
        product_code,
        max(product_name) as product_name,
        {{ apportion.aws_service('product_code', 'category') }} as service_category,
        {{ apportion.aws_service('product_code', 'subcategory') }} as service_subcategory
    from {{ ref('stg_aws__cur') }}
    where coalesce(billing_entity, '') <> 'AWS Marketplace'
    group by product_code

),

{% if leaves_bedrock -%}
bedrock_bills as (

    select distinct
        payer_account_id,
        billing_period_start
    from {{ ref('stg_bedrock__cur') }}

),

{% endif -%}

{#  What covered usage and its negation leave together; zero where they cancel, as they should. #}
pairs as (

    select
        {{ pair | join(',\n        ') }},
        min(line_id) as line_id,
        sum(cost) as rest
    from {{ amounts }}
    where line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
    group by
        {{ pair | join(',\n        ') }}
    having sum(cost) <> 0

),

parts as (

    select
        amounts.*,
        'line' as part,
        case when kind = 'planned' then {{ zero }} else cost end as billed_cost,
        case
            when kind in ('reserved', 'planned') then coalesce(covered_cost, cost)
            when kind in ('plan_upfront', 'reservation_upfront') then {{ zero }}
            {#  Without the columns of amortization nothing says where else the fee would count. #}
            when kind in ('reservation_fee', 'plan_fee') and left_over is not null then {{ zero }}
            else cost
        end as effective_cost
    from {{ amounts }}
    where kind <> 'negation'

    union all

    select
        amounts.*,
        'unused' as part,
        {{ zero }} as billed_cost,
        left_over as effective_cost
    from {{ amounts }}
    where line_item_type in ('RIFee', 'SavingsPlanRecurringFee') and left_over <> 0

    union all

    select
        amounts.*,
        'rest' as part,
        pairs.rest as billed_cost,
        {{ zero }} as effective_cost
    from {{ amounts }}
    inner join pairs
        on amounts.line_id = pairs.line_id
    where amounts.line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')

),

described as (

    select
        parts.*,
        case
            when part = 'unused' then 'Usage'
            when part = 'rest' then 'Adjustment'
            when line_item_type = 'Tax' then 'Tax'
            when line_item_type = 'Credit' or line_item_type like '%Discount' then 'Credit'
            when line_item_type in ('Fee', 'RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') then 'Purchase'
            when line_item_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'Refund') then 'Usage'
            else 'Adjustment'
        end as charge_category,
        coalesce(billing_entity, '') = 'AWS Marketplace' as is_sold,
        case
            when part = 'rest' or kind in ('negation', 'other', 'refund') then null
            when kind in ('planned', 'plan_fee', 'plan_upfront')
                then coalesce(savings_plan_arn, {{ dbt.concat(["'savings plan of '", 'usage_account_id']) }})
            else coalesce(reservation_arn, {{ dbt.concat(["'reservation of '", 'usage_account_id']) }})
        end as commitment_id,
        case
            when kind in ('planned', 'plan_fee', 'plan_upfront') then 'Spend'
            when kind in ('reserved', 'reservation_fee', 'reservation_upfront') then 'Usage'
        end as commitment_category,
        coalesce({{ apportion.aws_unit('pricing_unit') }}, 'Units') as unit
    from parts

),

quantified as (

    select
        described.*,
        part = 'line' and charge_category in ('Usage', 'Purchase') and kind <> 'refund' as is_priced,
        {#  A fee has no quantity, or none of it. #}
        case
            when usage_amount is null or (usage_amount = 0 and cost <> 0) then {{ one }}
            else usage_amount
        end as quantity,
        case when kind = 'reserved' then coalesce(public_cost, effective_cost) else cost end as undiscounted_cost,
        case when kind = 'reserved' then public_rate else unblended_rate end as undiscounted_rate,
        case when public_cost <> 0 then public_cost end as given_list_cost
    from described

),

products_of_rates as (

    select
        quantified.*,
        {{ apportion.product_of('undiscounted_rate', 'quantity') }} as contracted_product,
        case
            when public_rate = undiscounted_rate then null
            else {{ apportion.product_of('public_rate', 'quantity') }}
        end as other_list_product
    from quantified

),

{#  Most prices are the public ones; a product costs more than the rest of the line. #}
{% set list_product = 'case when public_rate = undiscounted_rate then contracted_product else other_list_product end' %}
priced as (

    select
        products_of_rates.*,
        {{ list_product }} as list_product,
        abs(contracted_product - undiscounted_cost) < {{ rounding }} as has_contracted_rate,
        abs({{ list_product }} - given_list_cost) < {{ rounding }} as has_list_rate
    from products_of_rates

),

{#  An unused part has no price: it is so much money, at 1 for 1. #}
charges as (

    select
        priced.*,
        {{ dbt.concat(["'aws:'", 'line_id', "case part when 'line' then '' else " ~ dbt.concat(["':'", 'part']) ~ ' end']) }}
            as x_charge_id,
        case
            when part = 'unused' then effective_cost
            when part = 'rest' then billed_cost
            when is_priced and has_contracted_rate then contracted_product
            else undiscounted_cost
        end as contracted_cost,
        case
            when part = 'unused' then {{ one }}
            when is_priced and has_contracted_rate then undiscounted_rate
            when is_priced then coalesce({{ apportion.ratio('undiscounted_cost', 'quantity') }}, undiscounted_rate, {{ zero }})
        end as contracted_unit_price,
        case when part = 'line' and is_priced and charge_category = 'Usage' then given_list_cost end as own_list_cost,
        case
            when has_list_rate then public_rate
            else {{ apportion.ratio('given_list_cost', 'quantity') }}
        end as own_list_price,
        coalesce(sku, {{ dbt.concat(['product_code', "'/'", "coalesce(usage_type, '')"]) }}) as sku_id,
        is_priced or part = 'unused' as has_price
    from priced

),

{% set has_price = 'case when has_price then ' %}
{% set same_currency = 'case when coalesce(pricing_currency, currency) = currency then ' %}
{% set list_price = 'coalesce(case when own_list_cost is not null then own_list_price end, contracted_unit_price)' %}
{% set list_cost = 'case when own_list_cost is null then contracted_cost when has_list_rate then list_product '
    ~ 'else own_list_cost end' %}
{% set values = {
    'charge_date': 'charge_date',
    'cost_basis': "'billed'",
    'x_source': "'aws'",
    'x_charge_id': 'x_charge_id',
    'billed_cost': 'billed_cost',
    'effective_cost': 'effective_cost',
    'contracted_cost': 'contracted_cost',
    'list_cost': list_cost,
    'availability_zone': "case when part = 'line' then availability_zone end",
    'billing_account_id': 'payer_account_id',
    'billing_account_name': 'payer_account_name',
    'billing_account_type': "'Payer Account'",
    'billing_currency': 'currency',
    'billing_period_start': 'billing_period_start',
    'billing_period_end': 'coalesce(billing_period_end, cast('
        ~ dbt.dateadd('month', 1, 'billing_period_start') ~ ' as ' ~ dbt.type_timestamp() ~ '))',
    'charge_category': 'charge_category',
    'charge_class': "case when kind = 'refund' then 'Correction' end",
    'charge_description': "case part when 'unused' then 'Unused commitment' "
        ~ "when 'rest' then 'Savings plan usage and its negation do not cancel' else description end",
    'charge_frequency': "case when charge_category = 'Usage' then 'Usage-Based' "
        ~ "when charge_category <> 'Purchase' or bill_type = 'Purchase' or kind like '%upfront' then 'One-Time' else 'Recurring' end",
    'charge_period_start': 'usage_start',
    'charge_period_end': 'case when usage_end > usage_start then usage_end else cast('
        ~ dbt.dateadd('day', 1, 'usage_start') ~ ' as ' ~ dbt.type_timestamp() ~ ') end',
    'commitment_discount_category': 'case when commitment_id is not null then commitment_category end',
    'commitment_discount_id': 'commitment_id',
    'commitment_discount_quantity': "case when commitment_id is null then null when part = 'unused' and kind = 'reservation_fee' "
        ~ "then coalesce(reservation_unused_quantity, effective_cost) when commitment_category = 'Usage' then quantity "
        ~ "when part = 'unused' or kind = 'planned' then effective_cost "
        ~ "when kind = 'plan_fee' then coalesce(savings_plan_commitment, cost) else cost end",
    'commitment_discount_status': "case when commitment_id is null then null when part = 'unused' then 'Unused' "
        ~ "when kind in ('planned', 'reserved') then 'Used' end",
    'commitment_discount_type': "case when commitment_id is null then null when commitment_category = 'Spend' "
        ~ "then coalesce(savings_plan_type, 'Savings Plan') else 'Reserved Instance' end",
    'commitment_discount_unit': "case when commitment_id is null then null when commitment_category = 'Spend' "
        ~ "or (part = 'unused' and reservation_unused_quantity is null) then currency else unit end",
    'consumed_quantity': "case when is_priced and charge_category = 'Usage' then quantity end",
    'consumed_unit': "case when is_priced and charge_category = 'Usage' then unit end",
    'contracted_unit_price': has_price ~ 'contracted_unit_price end',
    'list_unit_price': has_price ~ list_price ~ ' end',
    'pricing_category': has_price ~ "case when part = 'unused' or kind in ('planned', 'reserved') then 'Committed' "
        ~ "when lower(usage_type) like '%spotusage%' or pricing_purchase = 'spot' then 'Dynamic' else 'Standard' end end",
    'pricing_currency': 'coalesce(pricing_currency, currency)',
    'pricing_currency_contracted_unit_price': same_currency ~ has_price ~ 'contracted_unit_price end end',
    'pricing_currency_effective_cost': same_currency ~ 'effective_cost end',
    'pricing_currency_list_unit_price': same_currency ~ has_price ~ list_price ~ ' end end',
    'pricing_quantity': has_price ~ "case when part = 'unused' then effective_cost else quantity end end",
    'pricing_unit': has_price ~ "case when part = 'unused' then currency else unit end end",
    'invoice_id': 'invoice_id',
    'invoice_issuer_name': "coalesce(invoicing_entity, 'AWS')",
    'provider_name': "'AWS'",
    'service_provider_name': "'AWS'",
    'host_provider_name': "'AWS'",
    'publisher_name': "case when is_sold then coalesce(legal_entity, 'AWS') else 'AWS' end",
    'region_id': 'region_id',
    'region_name': 'region_id',
    'resource_id': "case when part = 'line' then resource_id end",
    'resource_type': "case when part <> 'line' or resource_id is null then null when resource_id like 'i-%' then 'EC2 Instance' "
        ~ "when resource_id like 'vol-%' then 'EBS Volume' when product_code = 'AmazonS3' then 'S3 Bucket' "
        ~ "when resource_id like 'arn:aws%:rds:%:db:%' then 'RDS Instance' else service end",
    'service_category': "case when is_sold then 'Other' else service_category end",
    'service_subcategory': "case when is_sold then 'Other (Other)' else service_subcategory end",
    'service_name': 'service',
    'sku_id': has_price ~ 'sku_id end',
    'sku_meter': has_price ~ 'coalesce(usage_type, product_code) end',
    'sku_price_id': has_price ~ 'coalesce(rate_code, sku_id) end',
    'sku_price_details': has_price ~ apportion.json_object([
        ['InstanceType', 'instance_type'], ['x_operation', 'operation'], ['x_usage_type', 'usage_type'],
    ]) ~ ' end',
    'sub_account_id': 'usage_account_id',
    'sub_account_name': 'usage_account_name',
    'sub_account_type': "case when usage_account_id is not null then 'Linked Account' end",
    'tags': apportion.aws_tags('tags'),
    'x_principal': 'principal',
} %}

worded as (

    select
        charges.*,
        lower(coalesce(purchase_option, pricing_term)) as pricing_purchase,
        {{ apportion.aws_caller('iam_principal') }} as principal
    from charges

),

final as (

    {{ apportion.charges_from(values, 'worded') }}

)

select * from final
