{#
    A workspace is our sub account; no workspace is the default one. The cost report knows no key and counts no
    tokens: the quantity is the usage report's on the same workspace, model, tier, window, region and class,
    where one cost line has that key.
#}
{% set bill_key = ['charge_date', 'workspace_id', 'model', 'service_tier', 'context_window', 'inference_geo',
    'token_class'] %}

with

costs as (

    select
        stg.*,
        case token_type
            when 'uncached_input_tokens' then 'input_uncached'
            when 'cache_read_input_tokens' then 'cache_read'
            when 'cache_creation.ephemeral_5m_input_tokens' then 'cache_write_5m'
            when 'cache_creation.ephemeral_1h_input_tokens' then 'cache_write_1h'
            when 'output_tokens' then 'output'
            else case cost_type when 'web_search' then 'web_searches' else coalesce(token_type, cost_type) end
        end as token_class
    from {{ ref('stg_anthropic__costs') }} as stg

),

counted as (

    select
        costs.*,
        count(*) over (partition by {{ bill_key | join(', ') }}) as lines_of_key
    from costs

),

measured as (

    select
        charge_date,
        sub_account_id as workspace_id,
        {#  Searches are billed by workspace, whatever model asked for them. #}
        case when x_token_class <> 'web_searches' then x_model end as model,
        case when x_token_class <> 'web_searches' then x_service_tier end as service_tier,
        case when x_token_class <> 'web_searches' then x_context_tier end as context_window,
        case when x_token_class <> 'web_searches' then x_region_scope end as inference_geo,
        x_token_class as token_class,
        sum(quantity) as quantity
    from {{ ref('int_anthropic__usage') }}
    group by
        charge_date,
        sub_account_id,
        case when x_token_class <> 'web_searches' then x_model end,
        case when x_token_class <> 'web_searches' then x_service_tier end,
        case when x_token_class <> 'web_searches' then x_context_tier end,
        case when x_token_class <> 'web_searches' then x_region_scope end,
        x_token_class

),

workspaces as (

    select * from {{ ref('stg_anthropic__workspaces') }}

),

charges as (

    select
        costs.charge_date,
        'billed' as cost_basis,
        'anthropic' as x_source,
        {{ dbt.concat(["'anthropic:'", 'costs.line_id']) }} as x_charge_id,
        costs.amount as billed_cost,
        'anthropic' as billing_account_id,
        'Anthropic organization' as billing_account_name,
        'Organization' as billing_account_type,
        costs.currency as billing_currency,
        'Usage' as charge_category,
        costs.description as charge_description,
        cast(measured.quantity as {{ apportion.money() }}) as consumed_quantity,
        case
            when measured.quantity is null then null
            when costs.cost_type = 'tokens' then 'Tokens'
            else 'Requests'
        end as consumed_unit,
        'Anthropic' as service_provider_name,
        'Claude API' as service_name,
        costs.description as sku_id,
        costs.token_class as sku_meter,
        costs.workspace_id as sub_account_id,
        workspaces.name as sub_account_name,
        costs.model as x_model,
        costs.service_tier as x_service_tier,
        costs.context_window as x_context_tier,
        costs.inference_geo as x_region_scope,
        costs.token_class as x_token_class,
        cast(null as {{ dbt.type_string() }}) as x_api_key_id,
        cast(null as {{ dbt.type_string() }}) as x_api_key_name,
        cast(null as {{ dbt.type_string() }}) as x_principal

    from counted as costs

    left join measured
        on costs.charge_date = measured.charge_date
        and costs.lines_of_key = 1
        {%- for column in bill_key[1:] %}
        and {{ apportion.is_same('costs.' ~ column, 'measured.' ~ column) }}
        {%- endfor %}

    left join workspaces
        on costs.workspace_id = workspaces.id

),

final as (

    {{ apportion.api_charges('charges', sub_account_type='Workspace') }}

)

select * from final
