{#
    A row costs what the invoice says of it: its cost with the credits that lower its price. Promotions are Credit lines.
    Commitments: the fee is a Purchase, billed and without effective cost. Its effective cost is with what it paid for:
    - of an older commitment, the usage that got its credits that day, in proportion to them;
    - where Google itself takes the used part off the fee, the usage has it in its own cost, and what is left of the fee is
      a row of its own, Unused;
    - a fee that covered nothing on its day is Unused as a whole.
    So effective cost adds up to billed cost, day by day.
#}
{% set one = 'cast(1 as ' ~ apportion.money() ~ ')' %}
{% set nothing = 'cast(null as ' ~ apportion.money() ~ ')' %}
{% set default_model = '7754-699E-0EBF' %}
{% set pot = ['billing_account', 'currency', 'invoice_month', 'charge_date', 'commitment_family'] %}

with

lines as (

    select
        lines.*,
        coalesce(billing_account_id, '') as billing_account,
        coalesce(consumption_model_id, '{{ default_model }}') <> '{{ default_model }}'
        and lower(coalesce(consumption_model_description, '')) <> 'default' as is_committed_price
    from {{ ref('int_gcp__lines') }} as lines
    where not is_billed_by_vertex

),

fees as (

    select
        {%- for column in pot %}
        {{ column }},
        {%- endfor %}
        cast(sum(net_cost) as {{ apportion.money() }}) as fee
    from lines
    where is_fee and not has_fee_offset
    group by {{ pot | join(', ') }}

),

covered as (

    select
        {%- for column in pot %}
        {{ column }},
        {%- endfor %}
        line_id,
        {{ apportion.weight_of('-commitment_credit') }} as weight
    from lines
    where not is_fee and {{ apportion.weight_of('-commitment_credit') }} > 0

),

shares as (

    {{ apportion.allocate_proportionally(
        amounts='fees', drivers='covered', partition_by=pot, weight='weight', order_by=['line_id'],
        amount_columns=['fee'], targets=['line_id'],
    ) }}

),

covering as (

    select distinct {{ pot | join(', ') }}
    from covered

),

unused as (

    select lines.line_id
    from lines
    left join covering
        on
        {%- for column in pot %}
        {{ 'and ' if not loop.first }}lines.{{ column }} = covering.{{ column }}
        {%- endfor %}
    where lines.is_fee and lines.net_cost <> 0
        and (lines.has_fee_offset or covering.charge_date is null)

),

charge_lines as (

    select
        lines.line_id,
        lines.line_id as charge_id,
        case
            when lines.cost_type = 'tax' then 'Tax'
            when lines.cost_type <> 'regular' then 'Adjustment'
            when lines.is_fee then 'Purchase'
            else 'Usage'
        end as charge_category,
        coalesce(lines.adjustment_info_description, lines.sku_description) as charge_description,
        lines.net_cost as billed_cost,
        cast(case when lines.is_fee then 0 else lines.net_cost + coalesce(shares.fee, 0) end as {{ apportion.money() }}) as effective_cost,
        case
            when lines.cost_type <> 'regular' then lines.net_cost
            else coalesce(case when lines.is_committed_price then lines.cost_at_effective_price_default end, lines.cost)
        end as contracted_cost,
        {#  What Google would have asked at list price; rows of older exports do not say. #}
        case when lines.cost_type <> 'regular' then lines.net_cost else coalesce(lines.cost_at_list, lines.cost) end as list_cost,
        lines.cost_type = 'regular' and lines.usage_amount_in_pricing_units > 0 and lines.cost >= 0
        and coalesce(lines.cost_at_list, 0) >= 0 as is_metered,
        case
            when lines.is_fee then coalesce(lines.subscription_instance_id, lines.sku_id)
            when lines.cost_type <> 'regular' then null
            when lines.is_committed_price then coalesce(lines.subscription_instance_id, lines.consumption_model_id)
            when lines.commitment_credit < 0 then lines.commitment_name
        end as commitment_id,
        case when not lines.is_fee then 'Used' end as commitment_status,
        case when lines.is_fee then lines.net_cost else cast(coalesce(shares.fee, lines.net_cost) as {{ apportion.money() }}) end
            as commitment_quantity
    from lines
    left join shares
        on lines.line_id = shares.line_id

    union all

    select
        lines.line_id,
        {{ dbt.concat(['lines.line_id', "'#unused'"]) }} as charge_id,
        'Usage' as charge_category,
        {{ dbt.concat(["'Not used: '", 'lines.sku_description']) }} as charge_description,
        cast(0 as {{ apportion.money() }}) as billed_cost,
        lines.net_cost as effective_cost,
        lines.net_cost as contracted_cost,
        lines.net_cost as list_cost,
        false as is_metered,
        coalesce(lines.subscription_instance_id, lines.sku_id) as commitment_id,
        'Unused' as commitment_status,
        lines.net_cost as commitment_quantity
    from lines
    inner join unused
        on lines.line_id = unused.line_id

    union all

    select
        credits.line_id,
        {{ dbt.concat(
            ['credits.line_id', "'#credit-'", 'cast(credits.credit_number as ' ~ dbt.type_string() ~ ')']
        ) }} as charge_id,
        'Credit' as charge_category,
        {{ dbt.concat(
            ["coalesce(credits.credit_type, 'CREDIT')", "': '", "coalesce(credits.credit_name, '')"]
        ) }} as charge_description,
        credits.amount as billed_cost,
        credits.amount as effective_cost,
        credits.amount as contracted_cost,
        credits.amount as list_cost,
        false as is_metered,
        cast(null as {{ dbt.type_string() }}) as commitment_id,
        cast(null as {{ dbt.type_string() }}) as commitment_status,
        {{ nothing }} as commitment_quantity
    from {{ ref('stg_gcp__credits') }} as credits
    where coalesce(credits.credit_type, '') not in ('{{ apportion.gcp_price_credits() | join("', '") }}')

),

joined as (

    select
        lines.*,
        charge_lines.charge_id,
        charge_lines.charge_category,
        charge_lines.charge_description,
        charge_lines.billed_cost,
        charge_lines.effective_cost,
        charge_lines.contracted_cost,
        charge_lines.list_cost,
        charge_lines.is_metered,
        charge_lines.commitment_id,
        case when charge_lines.commitment_id is not null then charge_lines.commitment_status end as commitment_status,
        case when charge_lines.commitment_id is not null then charge_lines.commitment_quantity end as commitment_quantity,
        {#  What Google does not count is priced by the unit of its currency. #}
        case when charge_lines.is_metered then lines.usage_amount_in_pricing_units else charge_lines.contracted_cost end as priced_quantity,
        case when charge_lines.is_metered then {{ apportion.gcp_unit('lines.usage_pricing_unit') }} else lines.currency end as priced_unit,
        coalesce(case when charge_lines.is_metered
            then {{ apportion.ratio('charge_lines.contracted_cost', 'lines.usage_amount_in_pricing_units') }} end, {{ one }}) as contracted_price,
        coalesce(case when charge_lines.is_metered
            then {{ apportion.ratio('charge_lines.list_cost', 'lines.usage_amount_in_pricing_units') }}
            else {{ apportion.ratio('charge_lines.list_cost', 'charge_lines.contracted_cost') }} end, {{ one }}) as list_price,
        {#  Google prices in dollars and bills at a rate: dollars are the amount over the rate. #}
        case when lines.currency <> 'USD' and lines.currency_conversion_rate > 0 then lines.currency_conversion_rate end as rate

    from charge_lines

    inner join lines
        on charge_lines.line_id = lines.line_id

),

charges as (

    select
        joined.*,
        {{ apportion.gcp_service_subcategory('service_description') }} as service_subcategory,
        case when rate is null then currency else 'USD' end as pricing_currency
    from joined

)

{% set month = apportion.month_of_text('invoice_month') %}
{% set metered_unit = "case when charge_category = 'Usage' and coalesce(commitment_status, '') <> 'Unused' " %}
{{ apportion.charges_from(relation='charges', values={
    'charge_date': 'charge_date',
    'cost_basis': "'billed'",
    'x_source': "'gcp'",
    'x_charge_id': dbt.concat(["'gcp:'", 'charge_id']),
    'billed_cost': 'billed_cost',
    'effective_cost': 'effective_cost',
    'contracted_cost': 'contracted_cost',
    'list_cost': 'list_cost',
    'availability_zone': 'location_zone',
    'billing_account_id': 'billing_account_id',
    'billing_account_name': 'billing_account_id',
    'billing_account_type': "'Billing Account'",
    'billing_currency': 'currency',
    'billing_period_start': 'cast(' ~ month ~ ' as ' ~ dbt.type_timestamp() ~ ')',
    'billing_period_end': 'cast(' ~ dbt.dateadd('month', 1, month) ~ ' as ' ~ dbt.type_timestamp() ~ ')',
    'charge_category': 'charge_category',
    'charge_class': "case when cost_type = 'adjustment' and "
        ~ apportion.period_start('month', 'charge_date') ~ ' < ' ~ month ~ " then 'Correction' end",
    'charge_description': 'charge_description',
    'charge_frequency': "case charge_category when 'Usage' then 'Usage-Based' when 'Purchase' then 'Recurring' else 'One-Time' end",
    'charge_period_start': 'usage_start_time',
    'charge_period_end': 'coalesce(usage_end_time, usage_start_time)',
    'commitment_discount_category': "case when commitment_id is not null then 'Spend' end",
    'commitment_discount_id': 'commitment_id',
    'commitment_discount_name': "case when commitment_id is not null then coalesce(commitment_name, case when is_committed_price then consumption_model_description end, sku_description) end",
    'commitment_discount_quantity': 'commitment_quantity',
    'commitment_discount_status': 'commitment_status',
    'commitment_discount_type': "case when commitment_id is not null then 'Committed Use Discount' end",
    'commitment_discount_unit': 'case when commitment_id is not null then currency end',
    'consumed_quantity': metered_unit ~ 'then usage_amount end',
    'consumed_unit': metered_unit ~ 'and usage_amount is not null then ' ~ apportion.gcp_unit("coalesce(usage_unit, 'count')") ~ ' end',
    'contracted_unit_price': 'contracted_price',
    'list_unit_price': 'list_price',
    'pricing_category': "case when charge_category = 'Usage' and commitment_id is not null then 'Committed' when charge_category in ('Usage', 'Purchase') then 'Standard' end",
    'pricing_currency': 'pricing_currency',
    'pricing_currency_contracted_unit_price': 'case when rate is null then contracted_price else ' ~ apportion.ratio('contracted_price', 'rate') ~ ' end',
    'pricing_currency_effective_cost': 'case when rate is null then effective_cost else ' ~ apportion.ratio('effective_cost', 'rate') ~ ' end',
    'pricing_currency_list_unit_price': 'case when rate is null then list_price else ' ~ apportion.ratio('list_price', 'rate') ~ ' end',
    'pricing_quantity': 'priced_quantity',
    'pricing_unit': 'priced_unit',
    'provider_name': "'Google Cloud'",
    'service_provider_name': "'Google Cloud'",
    'host_provider_name': "'Google Cloud'",
    'invoice_issuer_name': "'Google Cloud'",
    'publisher_name': "coalesce(seller_name, 'Google Cloud')",
    'region_id': 'location_region',
    'region_name': 'location_region',
    'resource_id': 'coalesce(resource_global_name, resource_name)',
    'resource_name': 'resource_name',
    'resource_type': "case when coalesce(resource_global_name, resource_name) is not null then " ~ dbt.concat(['service_description', "' Resource'"]) ~ ' end',
    'service_category': apportion.gcp_service_category('service_subcategory'),
    'service_subcategory': 'service_subcategory',
    'service_name': 'coalesce(service_description, service_id)',
    'sku_id': 'sku_id',
    'sku_meter': 'sku_description',
    'sku_price_id': "case when price_tier_start_amount is null then sku_id else " ~ dbt.concat(['sku_id', "'/'", 'price_tier_start_amount']) ~ ' end',
    'sub_account_id': 'project_id',
    'sub_account_name': 'project_name',
    'sub_account_type': "case when project_id is not null then 'Project' end",
    'tags': 'bill_tags',
}) }}
