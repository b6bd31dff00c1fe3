{#
    A project is our sub account. Model, tier and token class stand only in the free text of line_item, in several
    shapes ("gpt-5-mini batch, input", "o3, cached_input_tokens", "Web search tool calls"), in any case: what cannot
    be told apart stays null, and the text itself is the SKU. Scale Tier is prepaid and on no line here.
#}
{% set tiers = ['batch', 'flex', 'priority'] %}
with

costs as (

    select
        stg.*,
        {{ dbt.split_part('line_item', "', '", 1) }} as named,
        lower(nullif({{ dbt.split_part('line_item', "', '", 2) }}, '')) as counted
    from {{ ref('stg_openai__costs') }} as stg

),

read_apart as (

    select
        costs.*,
        case
            {%- for tier in tiers %}
            when lower(named) like '% {{ tier }}' then '{{ tier }}'
            {%- endfor %}
            else 'standard'
        end as service_tier,
        case
            {#  A bare name with a space is a tool ("Vector store storage"), without one a model ("whisper-1"). #}
            when counted is null and named like '% %' then null
            {%- for tier in tiers %}
            when lower(named) like '% {{ tier }}' then {{ dbt.split_part('named', "' '", 1) }}
            {%- endfor %}
            else named
        end as model,
        case
            when counted in ('input', 'input_tokens') then 'input_uncached'
            when counted in ('cached input', 'cached_input_tokens') then 'cache_read'
            when counted in ('cache write', 'cache_write_tokens', 'input_cache_write_tokens') then 'cache_write'
            when counted in ('output', 'output_tokens') then 'output'
            when counted in ('audio input', 'input_audio_tokens') then 'input_audio'
            when counted in ('cached audio input', 'cached_audio_tokens') then 'cache_read_audio'
            when counted in ('audio output', 'output_audio_tokens') then 'output_audio'
            when quantity_unit = 'images' then 'images'
            when quantity_unit = 'characters' then 'characters'
            when quantity_unit like 'duration_%' then 'audio_seconds'
            when lower(line_item) = 'web search tool calls' then 'web_searches'
            when lower(line_item) = 'file search tool calls' then 'file_searches'
            when lower(line_item) = 'code interpreter sessions' then 'code_sessions'
        end as token_class,
        {#  Thousands of tokens, minutes and hours in one unit each. #}
        cast(quantity * case quantity_unit
            when '1000_tokens' then 1000
            when 'duration_minutes' then 60
            when 'duration_hours' then 3600
            else 1
        end as {{ apportion.money() }}) as consumed_quantity,
        case
            when quantity_unit in ('tokens', '1000_tokens') then 'Tokens'
            when quantity_unit like 'duration_%' then 'Seconds'
            when quantity_unit = 'gibibyte_hours' then 'GiB-Hours'
            when quantity_unit = 'images' then 'Images'
            when quantity_unit = 'characters' then 'Characters'
            when quantity is not null then 'Units'
        end as consumed_unit

    from costs

),

projects as (

    select * from {{ ref('stg_openai__projects') }}

),

api_keys as (

    select * from {{ ref('stg_openai__api_keys') }}

),

users as (

    select * from {{ ref('stg_openai__users') }}

),

charges as (

    select
        costs.charge_date,
        'billed' as cost_basis,
        'openai' as x_source,
        {{ dbt.concat(["'openai:'", 'costs.line_id']) }} as x_charge_id,
        costs.amount as billed_cost,
        'openai' as billing_account_id,
        'OpenAI organization' as billing_account_name,
        'Organization' as billing_account_type,
        costs.currency as billing_currency,
        'Usage' as charge_category,
        costs.line_item as charge_description,
        costs.consumed_quantity,
        costs.consumed_unit,
        'OpenAI' as service_provider_name,
        'OpenAI API' as service_name,
        costs.line_item as sku_id,
        costs.token_class as sku_meter,
        costs.project_id as sub_account_id,
        projects.name as sub_account_name,
        costs.model as x_model,
        case when costs.model is not null then costs.service_tier end as x_service_tier,
        cast(null as {{ dbt.type_string() }}) as x_context_tier,
        cast(null as {{ dbt.type_string() }}) as x_region_scope,
        costs.token_class as x_token_class,
        costs.api_key_id as x_api_key_id,
        api_keys.name as x_api_key_name,
        {#  The member, where costs were grouped by them; never the end user. #}
        coalesce(users.email, costs.user_id) as x_principal

    from read_apart as costs

    left join projects
        on costs.project_id = projects.id

    left join api_keys
        on costs.api_key_id = api_keys.id

    left join users
        on costs.user_id = users.id

),

final as (

    {{ apportion.api_charges('charges', sub_account_type='Project') }}

)

select * from final
