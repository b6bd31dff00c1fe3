{#
    A workspace is our sub account; no workspace is the default one. A day is billed by one of two reports
    (int_anthropic__report_days). The admin report knows no key, and model and token type from its description; the
    analytics report knows both and what it would have cost at list price, but not where it was computed. Neither
    counts tokens: the quantity is the usage report's on the same key and class, where one cost line has that key.
    Priority Tier is in neither; its tokens are usage without a bill.
#}
{% set nothing = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set bill_key = ['charge_date', 'workspace_id', 'api_key_id', 'model', 'service_tier', 'context_window',
    'inference_geo', 'token_class'] %}
{#  The admin report bills searches by workspace, whatever model asked for them. #}
{% set is_billed_apart = "(usage_rows.x_token_class <> 'web_searches' or days.report = 'analytics')" %}

with

report_days as (

    select * from {{ ref('int_anthropic__report_days') }}

),

told as (

    select
        costs.line_id,
        costs.charge_date,
        costs.workspace_id,
        {{ nothing }} as api_key_id,
        costs.model,
        {#  Fast inference has prices of its own; the report tells it in its words only. #}
        case
            when costs.service_tier = 'standard' and lower(costs.description) like '%fast mode%' then 'fast'
            else costs.service_tier
        end as service_tier,
        costs.context_window,
        costs.inference_geo,
        costs.cost_type,
        costs.token_type,
        costs.description,
        costs.amount,
        costs.amount as list_amount,
        costs.currency

    from {{ ref('stg_anthropic__costs') }} as costs

    left join report_days as days
        on costs.charge_date = days.charge_date

    where coalesce(days.report, 'admin') = 'admin'

    union all

    select
        costs.line_id,
        costs.charge_date,
        costs.workspace_id,
        costs.api_key_id,
        costs.model,
        costs.service_tier,
        costs.context_window,
        {{ nothing }} as inference_geo,
        costs.cost_type,
        costs.token_type,
        {#  The row has no words of its own; what it is made of tells one price from another. #}
        {{ dbt.concat([
            "coalesce(costs.model, 'no model')", "', '", "coalesce(costs.token_type, costs.cost_type, 'cost')",
            "case when costs.service_tier <> 'standard' then " ~ dbt.concat(["', '", 'costs.service_tier']) ~ " else '' end",
            "case when costs.context_window <> '0-200k' then " ~ dbt.concat(["', '", 'costs.context_window']) ~ " else '' end",
        ]) }} as description,
        costs.amount,
        coalesce(costs.list_amount, costs.amount) as list_amount,
        costs.currency

    from {{ ref('stg_anthropic__analytics_costs') }} as costs

    inner join report_days as days
        on costs.charge_date = days.charge_date

    where days.report = 'analytics'

),

costs as (

    select
        told.*,
        case token_type
            when 'uncached_input_tokens' then 'input_uncached'
            when 'cache_read_input_tokens' then 'cache_read'
            when 'cache_creation.ephemeral_5m_input_tokens' then 'cache_write_5m'
            when 'cache_creation.ephemeral_1h_input_tokens' then 'cache_write_1h'
            when 'output_tokens' then 'output'
            else case cost_type when 'web_search' then 'web_searches' else coalesce(token_type, cost_type) end
        end as token_class
    from told

),

counted as (

    select
        costs.*,
        count(*) over (partition by {{ bill_key | join(', ') }}) as lines_of_key
    from costs

),

told_usage as (

    select
        usage_rows.charge_date,
        usage_rows.sub_account_id as workspace_id,
        case when days.report = 'analytics' then usage_rows.x_api_key_id end as api_key_id,
        {%- for column, name in [
            ['x_model', 'model'], ['x_service_tier', 'service_tier'], ['x_context_tier', 'context_window'],
            ['x_region_scope', 'inference_geo'],
        ] %}
        case when {{ is_billed_apart }} then usage_rows.{{ column }} end as {{ name }},
        {%- endfor %}
        usage_rows.x_token_class as token_class,
        usage_rows.quantity

    from {{ ref('int_anthropic__usage') }} as usage_rows

    left join report_days as days
        on usage_rows.charge_date = days.charge_date

    {#  What Claude Code tells of the same calls is told already, and subscriptions are on no API bill. #}
    where usage_rows.x_source = 'anthropic'

),

measured as (

    select
        {{ bill_key | join(',\n        ') }},
        sum(quantity) as quantity
    from told_usage
    group by
        {{ bill_key | join(',\n        ') }}

),

workspaces as (

    select * from {{ ref('stg_anthropic__workspaces') }}

),

api_keys as (

    select * from {{ ref('stg_anthropic__api_keys') }}

),

charges as (

    select
        costs.charge_date,
        'billed' as cost_basis,
        'anthropic' as x_source,
        {{ dbt.concat(["'anthropic:'", 'costs.line_id']) }} as x_charge_id,
        costs.amount as billed_cost,
        costs.list_amount as list_cost,
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
        costs.api_key_id as x_api_key_id,
        api_keys.name as x_api_key_name,
        {{ nothing }} as x_principal

    from counted as costs

    left join measured
        on costs.charge_date = measured.charge_date
        and costs.lines_of_key = 1
        {%- for column in bill_key[1:] %}
        and {{ apportion.is_same('costs.' ~ column, 'measured.' ~ column) }}
        {%- endfor %}

    left join workspaces
        on costs.workspace_id = workspaces.id

    left join api_keys
        on costs.api_key_id = api_keys.id

),

final as (

    {{ apportion.api_charges('charges', sub_account_type='Workspace', also=['list_cost']) }}

)

select * from final
