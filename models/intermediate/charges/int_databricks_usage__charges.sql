{#
    Cost is quantity times the price of its time. Each record meets one price at most, the latest that holds at its end, so a
    price can neither multiply nor drop a record. The account's own price counts before the list price.
    What a record lacks a price for costs 0 and says so.
#}
{% set product = "coalesce(billing_origin_product, 'USAGE')" %}
{% set subcategories = {
    'Data Processing': ['JOBS', 'DLT', 'LAKEFLOW_CONNECT', 'LAKEFLOW', 'ZEROBUS'],
    'Analytics Platforms': ['ALL_PURPOSE', 'INTERACTIVE', 'NOTEBOOKS', 'LAKEHOUSE_MONITORING', 'DATA_QUALITY_MONITORING',
        'PREDICTIVE_OPTIMIZATION', 'FINE_GRAINED_ACCESS_CONTROL', 'CLEAN_ROOM', 'DATA_SHARING', 'DATA_CLASSIFICATION',
        'SHARED_SERVERLESS_COMPUTE'],
    'Data Warehouses': ['SQL'],
    'Relational Databases': ['DATABASE', 'LAKEBASE', 'ONLINE_TABLES'],
    'Generative AI': ['MODEL_SERVING', 'FOUNDATION_MODEL_TRAINING', 'AI_GATEWAY', 'AI_FUNCTIONS', 'AGENT_EVALUATION',
        'AGENT_BRICKS', 'GENIE'],
    'Machine Learning': ['VECTOR_SEARCH', 'AI_RUNTIME', 'FEATURE_STORE'],
    'Storage Platforms': ['DEFAULT_STORAGE'],
    'Network Infrastructure': ['NETWORKING'],
    'Application Platforms': ['APPS'],
} %}
{% set categories = {
    'Analytics': ['Data Processing', 'Analytics Platforms'],
    'Databases': ['Data Warehouses', 'Relational Databases'],
    'AI and Machine Learning': ['Generative AI', 'Machine Learning'],
    'Storage': ['Storage Platforms'],
    'Networking': ['Network Infrastructure'],
    'Web': ['Application Platforms'],
} %}
{% set resources = [
    ['endpoint_id', 'Serving Endpoint'], ['warehouse_id', 'SQL Warehouse'], ['job_id', 'Job'],
    ['dlt_pipeline_id', 'Pipeline'], ['app_id', 'App'], ['cluster_id', 'Cluster'], ['instance_pool_id', 'Instance Pool'],
    ['notebook_id', 'Notebook'],
] %}
{% set names = ['endpoint_name', 'job_name', 'app_name', 'notebook_path'] %}

with

records as (

    select * from {{ ref('stg_databricks_usage__usage') }}

),

{% for table, also in [('account_prices', none), ('list_prices', 'account_prices')] -%}
{{ table }} as (

    select
        record_id,
        currency,
        list_price,
        unit_price
    from (
        select
            records.record_id,
            prices.currency,
            prices.list_price,
            prices.unit_price,
            row_number() over (
                partition by records.record_id
                {#  One currency an account; list prices in several begin with dollars. #}
                order by
                    prices.valid_from desc,
                    case when prices.currency = 'USD' then 0 else 1 end asc,
                    prices.currency asc,
                    prices.price_id asc
            ) as choice
        from records
        {%- if also is not none %}
        left join {{ also }} as own
            on records.record_id = own.record_id
        {%- endif %}
        inner join {{ ref('stg_databricks_usage__prices') }} as prices
            on records.sku_name = prices.sku_name
            and coalesce(records.cloud, '') = coalesce(prices.cloud, records.cloud, '')
            and records.usage_unit = prices.usage_unit
            and records.usage_end_time >= prices.valid_from
            and (prices.valid_to is null or records.usage_end_time < prices.valid_to)
        where prices.price_table = '{{ table }}'
            and (prices.account_id is null or prices.account_id = records.account_id)
            {%- if also is not none %}
            and prices.currency = coalesce(own.currency, prices.currency)
            {%- endif %}
    ) as chosen
    where choice = 1

),

{% endfor -%}
priced as (

    select
        records.*,
        coalesce(account_prices.currency, list_prices.currency, 'USD') as currency,
        coalesce(account_prices.unit_price, list_prices.unit_price) as unit_price,
        coalesce(list_prices.list_price, account_prices.unit_price) as list_price
    from records
    left join account_prices
        on records.record_id = account_prices.record_id
    left join list_prices
        on records.record_id = list_prices.record_id

),

costed as (

    select
        priced.*,
        case
            when unit_price is null then cast(0 as {{ apportion.money() }})
            else {{ apportion.product_of('usage_quantity', 'unit_price') }}
        end as cost,
        case
            when list_price is null then cast(0 as {{ apportion.money() }})
            else {{ apportion.product_of('usage_quantity', 'list_price') }}
        end as list_cost,
        case
            {%- for subcategory, products in subcategories.items() %}
            when upper({{ product }}) in ('{{ products | join("', '") }}') then '{{ subcategory }}'
            {%- endfor %}
            else 'Other (Other)'
        end as subcategory,
        coalesce(
            {%- for key, type in resources %}
            {{ apportion.json_label('usage_metadata', key) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as resource_id,
        case
            {%- for key, type in resources %}
            when {{ apportion.json_label('usage_metadata', key) }} is not null then '{{ type }}'
            {%- endfor %}
        end as resource_type,
        coalesce(
            {%- for key in names %}
            {{ apportion.json_label('usage_metadata', key) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as resource_name
    from priced

),

charges as (

    select
        costed.*,
        case
            {%- for category, members in categories.items() %}
            when subcategory in ('{{ members | join("', '") }}') then '{{ category }}'
            {%- endfor %}
            else 'Other'
        end as category
    from costed

)

{% set month = apportion.period_start('month', 'charge_date') %}
{% set time = dbt.type_timestamp() %}
{% set nothing = 'cast(0 as ' ~ apportion.money() ~ ')' %}
{{ apportion.charges_from(relation='charges', values={
    'charge_date': 'charge_date',
    'cost_basis': "'billed'",
    'x_source': "'databricks_usage'",
    'x_charge_id': dbt.concat(["'databricks_usage:'", 'record_id']),
    'billed_cost': 'cost',
    'effective_cost': 'cost',
    'contracted_cost': 'cost',
    'list_cost': 'list_cost',
    'billing_account_id': 'account_id',
    'billing_account_name': 'account_id',
    'billing_account_type': "'Account'",
    'billing_currency': 'currency',
    'billing_period_start': 'cast(' ~ month ~ ' as ' ~ time ~ ')',
    'billing_period_end': 'cast(' ~ dbt.dateadd('month', 1, month) ~ ' as ' ~ time ~ ')',
    'charge_category': "'Usage'",
    'charge_class': "case when record_type <> 'ORIGINAL' and " ~ apportion.period_start('month', 'ingestion_date') ~ ' > ' ~ month ~ " then 'Correction' end",
    'charge_description': dbt.concat([
        "case when unit_price is null then 'No price: ' else '' end", 'sku_name',
        "case record_type when 'RETRACTION' then ' (retraction)' when 'RESTATEMENT' then ' (restatement)' else '' end",
    ]),
    'charge_frequency': "'Usage-Based'",
    'charge_period_start': 'usage_start_time',
    'charge_period_end': 'usage_end_time',
    'consumed_quantity': 'usage_quantity',
    'consumed_unit': 'usage_unit',
    'contracted_unit_price': 'coalesce(unit_price, ' ~ nothing ~ ')',
    'list_unit_price': 'coalesce(list_price, ' ~ nothing ~ ')',
    'pricing_category': "'Standard'",
    'pricing_currency': 'currency',
    'pricing_currency_contracted_unit_price': 'coalesce(unit_price, ' ~ nothing ~ ')',
    'pricing_currency_effective_cost': 'cost',
    'pricing_currency_list_unit_price': 'coalesce(list_price, ' ~ nothing ~ ')',
    'pricing_quantity': 'usage_quantity',
    'pricing_unit': 'usage_unit',
    'provider_name': "'Databricks'",
    'service_provider_name': "'Databricks'",
    'publisher_name': "'Databricks'",
    'invoice_issuer_name': "'Databricks'",
    'host_provider_name': "case upper(cloud) when 'AZURE' then 'Microsoft' when 'GCP' then 'Google Cloud' when 'AWS' then 'AWS' end",
    'resource_id': 'resource_id',
    'resource_name': 'resource_name',
    'resource_type': 'resource_type',
    'service_category': 'category',
    'service_subcategory': 'subcategory',
    'service_name': dbt.concat(["'Databricks '", "replace(" ~ product ~ ", '_', ' ')"]),
    'sku_id': 'sku_name',
    'sku_meter': 'coalesce(usage_type, usage_unit)',
    'sku_price_id': 'sku_name',
    'sub_account_id': 'workspace_id',
    'sub_account_name': 'workspace_id',
    'sub_account_type': "case when workspace_id is not null then 'Workspace' end",
    'tags': "nullif(custom_tags, '{}')",
    'x_principal': apportion.json_label('identity_metadata', 'run_as'),
}) }}
