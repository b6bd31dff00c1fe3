{#
    A payment into a prepaid account as FOCUS has it: a Purchase whose effective cost is 0, since it pays for usage that
    has its own. It is priced by the unit of its currency.
#}
{% set timestamp = dbt.type_timestamp() %}
{% set month = apportion.period_start('month', 'charge_date') %}
{% set filled = {
    'charge_date': 'charge_date',
    'cost_basis': "'billed'",
    'x_source': "'prepaid'",
    'x_charge_id': apportion.one_text([
        "'prepaid:'", dbt.hash(apportion.fields_as_one([
            'provider', 'billing_account', 'cast(charge_date as ' ~ dbt.type_string() ~ ')', 'invoice',
        ])),
    ]),
    'billed_cost': 'amount',
    'billing_account_id': 'billing_account',
    'billing_account_name': 'billing_account',
    'billing_account_type': "'Account'",
    'billing_currency': 'currency',
    'billing_period_start': 'cast(' ~ month ~ ' as ' ~ timestamp ~ ')',
    'billing_period_end': 'cast(' ~ dbt.dateadd('month', 1, month) ~ ' as ' ~ timestamp ~ ')',
    'charge_category': "'Purchase'",
    'charge_description': "'Prepaid credit'",
    'charge_frequency': "'One-Time'",
    'charge_period_start': 'cast(charge_date as ' ~ timestamp ~ ')',
    'charge_period_end': 'cast(' ~ dbt.dateadd('day', 1, 'charge_date') ~ ' as ' ~ timestamp ~ ')',
    'contracted_cost': 'amount',
    'contracted_unit_price': 'unit',
    'effective_cost': 'unit - unit',
    'invoice_id': 'invoice',
    'invoice_issuer_name': 'provider',
    'list_cost': 'amount',
    'list_unit_price': 'unit',
    'pricing_category': "'Standard'",
    'pricing_currency': 'currency',
    'pricing_currency_contracted_unit_price': 'unit',
    'pricing_currency_effective_cost': 'unit - unit',
    'pricing_currency_list_unit_price': 'unit',
    'pricing_quantity': 'amount',
    'pricing_unit': 'currency',
    'provider_name': 'provider',
    'publisher_name': 'provider',
    'service_category': "'Other'",
    'service_name': "'Prepaid credit'",
    'service_provider_name': 'provider',
    'service_subcategory': "'Other (Other)'",
    'sku_id': "'prepaid-credit'",
    'sku_meter': "'Prepaid credit'",
    'sku_price_id': "'prepaid-credit'",
} %}
{% set types = {'number': apportion.money(), 'time': timestamp} %}
{% set kinds = {} %}
{% for column in apportion.focus_columns() %}
    {% do kinds.update({column[1]: column[2]}) %}
{% endfor %}

with

topups as (

    select
        topups.*,
        cast(1 as {{ apportion.money() }}) as unit
    from {{ ref('stg_prepaid__topups') }} as topups

),

final as (

    select
        {%- for column in apportion.charge_columns() %}
        cast({{ filled.get(column, 'null') }} as {{
            'date' if column == 'charge_date' else types.get(kinds.get(column), dbt.type_string())
        }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from topups

)

select * from final
